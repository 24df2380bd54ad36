export { canEncode, contentEncodingOf, createDecoder, createEncoder, type CodecOptions } from "./content-encoding.ts";
export { countSpent } from "./spent-buffers.ts";
