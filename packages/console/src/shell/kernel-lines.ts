/**
 * A line that the kernel writes to its console: `[   12.345678] usb 1-1: …`, also with the thread (`[    T1]`) behind the
 * time. The kernel writes it in one go, but wherever it likes: also in the middle of what a program is writing.
 */
export const kernelLine = String.raw`\[ *\d+\.\d{6}\][^\n]*\n`;

const kernelLines = new RegExp(kernelLine, "g");

/** The text as it would be had the kernel been silent. */
export function withoutKernelLines(text: string): string {
  return text.replaceAll(kernelLines, "").replaceAll(/\r+\n/g, "\n");
}

/** The source of a pattern for a text into which kernel lines may have been written. */
export function interleaved(text: string): string {
  return Array.from(text, literally).join(anyKernelLines);
}

/** The source of a pattern for kernel lines, or none. */
export const anyKernelLines = `(?:${kernelLine})*`;

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
