import { z } from "zod";

/** By upstream's names. */
export function flasherOptions(defaultBundle: string) {
  return z
    .strictObject({
      /** A directory or a tar file (`./bundle`, `/srv/bundle.tar.gz`), or what a registry holds: `host/name:tag`. */
      flasher_bundle: z.string().min(1).default(defaultBundle),
      /** One of the bundle's device trees; its default otherwise. */
      variant: z.string().nullish(),
      /** The manifest's name in the bundle. */
      manifest: z.string().min(1).default("manifest.yaml"),
      /** The target that is written when a flash names none; the bundle's default otherwise. */
      default_target: z.string().nullish(),
      /** Where bundles of a registry are kept. */
      cache_dir: z.string().min(1).default("/var/lib/jumpstarter/flasher"),
      /** What the TFTP server serves that this driver opens where it is given none. */
      tftp_dir: z.string().min(1).default("/var/lib/tftpboot"),
      /** The same for the web server. */
      http_dir: z.string().min(1).default("/var/www/html"),
      /** A file with the certificates that a board should trust (PEM). */
      cacert: z.string().min(1).nullish(),
    })
    .prefault({});
}
