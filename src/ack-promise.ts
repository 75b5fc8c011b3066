import { AckError, type Err } from "./errors.js";
import { OK } from "./protocol/codes.js";

/**
 * An acknowledgement as a promise, which rejects with an `AckError`.
 * @param ask sends what is to be acknowledged; what it throws is thrown here, not turned into a rejection
 * @param problem a sentence about an error
 */
export function ackPromise<Response extends unknown[]>(
  ask: (settle: (response: Response, error: Err) => void) => Err,
  problem: (error: Err) => string,
): Promise<Response> {
  let settle!: (response: Response, error: Err) => void;
  const promise = new Promise<Response>((resolve, reject) => {
    settle = (response, error) => {
      if (error === OK) resolve(response);
      else reject(new AckError(problem(error), error));
    };
  });
  const error = ask(settle);
  if (error !== OK) settle([] as unknown as Response, error);
  return promise;
}
