/** What `j DEVICE METHOD` is to a person: a call to the exporter of `JUMPSTARTER_HOST`. */
import { connect } from "./bench.ts";

const [device = "", method = ""] = process.argv.slice(2);
const client = connect(process.env["JUMPSTARTER_HOST"] ?? "");
process.stdout.write(`${device} ${method}: ${String(await client.call(device, method))}\n`);
await client[Symbol.asyncDispose]();
