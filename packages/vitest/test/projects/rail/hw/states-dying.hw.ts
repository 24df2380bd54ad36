import { statesTest as test } from "../rail-states.ts";
import { note } from "../rail-test.ts";

test("dies in a state", async ({ at }) => {
  await at("banner");
  note(`worker ${process.pid}`);
  process.kill(process.pid, "SIGKILL");
});
