/** The page: a game that is played, or with `?replay` one that was. Both run the same scenes on the same session. */
import { startLive } from "./live.js";
import { startReplay } from "./replay/start-replay.js";
import { watchForTouch } from "./ui/touch.js";

watchForTouch();
const parameters = new URLSearchParams(location.search);
if (parameters.has("replay")) startReplay();
else startLive(parameters.get("name"));
