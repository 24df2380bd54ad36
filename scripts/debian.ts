/** Debian packages that some suites need beside npm: installed where that is allowed, named where it is not. */
import { spawnSync } from "node:child_process";

/** The packages by the program or file that shows they are there. */
export const debianPackages: Readonly<Record<string, string>> = {
  "/usr/bin/Xtigervnc": "tigervnc-standalone-server",
  "/usr/bin/adb": "adb",
  "/usr/bin/atftp": "atftp",
  "/usr/bin/avr-gcc": "gcc-avr",
  "/usr/bin/avr-objcopy": "binutils-avr",
  "/usr/bin/avrdude": "avrdude",
  "/usr/bin/busybox": "busybox",
  "/usr/bin/curl": "curl",
  "/usr/bin/dbus-daemon": "dbus-daemon",
  "/usr/bin/dbus-send": "dbus-bin",
  "/usr/bin/make": "make",
  "/usr/bin/qemu-img": "qemu-utils",
  "/usr/bin/qemu-system-aarch64": "qemu-system-arm",
  "/usr/bin/qemu-system-riscv64": "qemu-system-misc",
  "/usr/bin/qemu-system-x86_64": "qemu-system-x86",
  "/usr/bin/ssh": "openssh-client",
  "/usr/bin/sshfs": "sshfs",
  "/usr/bin/systemd-analyze": "systemd",
  "/usr/bin/tftp": "tftp-hpa",
  "/usr/bin/tmux": "tmux",
  "/usr/bin/zstd": "zstd",
  "/usr/bin/zsh": "zsh",
  "/usr/bin/fish": "fish",
  "/usr/bin/ustreamer": "ustreamer",
  "/usr/bin/xsetroot": "x11-xserver-utils",
  "/usr/bin/xz": "xz-utils",
  "/bin/bzip2": "bzip2",
  "/usr/lib/avr/include/avr/io.h": "avr-libc",
  "/usr/lib/u-boot/qemu_arm64/u-boot.bin": "u-boot-qemu",
  "/usr/bin/cpio": "cpio",
  "/usr/sbin/mke2fs": "e2fsprogs",
  "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
  "/usr/sbin/sshd": "openssh-server",
  "/usr/share/AAVMF/AAVMF_CODE.fd": "qemu-efi-aarch64",
  "/usr/share/arduino/hardware/arduino/avr/cores/arduino/Arduino.h": "arduino-core-avr",
};

/**
 * Installs what is missing when the caller is root. Otherwise says which suites will be skipped and which command
 * would install what they need; in CI, where nothing may be skipped, that is an error.
 */
export function ensureDebianPackages(exists: (path: string) => boolean): void {
  const missing = [...new Set(Object.entries(debianPackages).flatMap(([path, name]) => (exists(path) ? [] : [name])))];
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() === 0 && exists("/usr/bin/apt-get")) {
    console.log(`Installing Debian packages for the tests: ${missing.join(", ")}`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update", "-qq"], { stdio: "inherit", env });
    const { status } = spawnSync("sh", ["-c", `${command} -qq >/dev/null`], { stdio: "inherit", env });
    if (status === 0) return;
    console.error(`✗ ${command} ended with ${status}`);
    process.exit(1);
  }
  const sentence = `The suites that need ${missing.join(", ")} are skipped; to run them: sudo ${command}`;
  if (process.env["CI"] === "true") {
    console.error(`✗ ${sentence} (CI never skips)`);
    process.exit(1);
  }
  console.warn(sentence);
}
