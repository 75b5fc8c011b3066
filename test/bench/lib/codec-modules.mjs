/** The codecs of both sides, loaded by a process. */
import { ours, peerModule } from "./build.mjs";
import { decoderOfOurs, decoderOfPeer, encoderOfOurs, encoderOfPeer } from "./codecs.mjs";

export const DECODERS = {
  ours: async () => decoderOfOurs(await ours("protocol/socket-decoder.js"), await ours("protocol/socket-packet.js")),
  sio: async () => decoderOfPeer(await peerModule("socket.io-parser"), await peerModule("engine.io-parser")),
};

export const ENCODERS = {
  ours: async () => encoderOfOurs(await ours("protocol/socket-packet.js")),
  sio: async () => encoderOfPeer(await peerModule("socket.io-parser"), await peerModule("engine.io-parser")),
};
