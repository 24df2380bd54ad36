import { z } from "zod";

const script = z.string().refine((text) => text.trim() !== "", "a script must not be empty");
/** Node's timers end at 2^31 ms. */
const seconds = z.number().positive().max(2_000_000);

const method = z.union([
  script,
  z.strictObject({
    command: script,
    /** For the report, and with it for the help of the command line. */
    description: z.string().optional(),
    /** Seconds; instead of the `timeout` of all methods. */
    timeout: seconds.optional(),
  }),
]);

export const shellOptions = z.strictObject({
  /** By name: a script, or a script with more to say about it. */
  methods: z.record(z.string().min(1), method),
  /** What runs a script: its last argument is followed by the script, the method's name and the caller's arguments. */
  shell: z.tuple([z.string().min(1)], z.string()).default(["bash", "-c"]),
  /** Seconds until a method is ended. */
  timeout: seconds.default(300),
  /** Where scripts run; a relative path starts at the exporter's configuration file, as does the default. */
  cwd: z.string().min(1).optional(),
});

export type ShellMethod = z.infer<typeof method>;
