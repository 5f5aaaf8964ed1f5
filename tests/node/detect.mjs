// node detect.mjs MODEL INPUT OUTPUT SIDE...: runs float32 INPUT of shape SIDE... and writes float32 OUTPUT.
import { readFileSync, writeFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";

const [model, input, output, ...sides] = process.argv.slice(2);
const session = await InferenceSession.create(model);
const bytes = readFileSync(input);
const numbers = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const { output0 } = await session.run({ images: new Tensor("float32", numbers, sides.map(Number)) });
writeFileSync(output, Buffer.from(output0.data.buffer, output0.data.byteOffset, output0.data.byteLength));
console.log(JSON.stringify(output0.dims));
