import { Document, isMap, isScalar, parseDocument } from "yaml";

/** Where in the file, and what goes there; `undefined` removes it. */
export type YamlEdit = readonly [path: readonly string[], value: unknown];

/** The text with the edits made: comments, order and what is not named stay as they are. */
export function editYaml(text: string | undefined, edits: readonly YamlEdit[]): string {
  const document = text === undefined || text.trim() === "" ? new Document({}) : parseDocument(text);
  for (const [path, value] of edits) {
    if (value === undefined) remove(document, path);
    else set(document, path, value);
  }
  // Lines stay as long as they are: a token that is folded over two lines is still one, but no longer found by grep.
  return document.toString({ lineWidth: 0, indentSeq: !/^( *)[^\s#-][^\n]*:\n\1- /m.test(text ?? "") });
}

function set(document: Document, path: readonly string[], value: unknown): void {
  const old: unknown = document.getIn(path, true);
  // The old node keeps its comment and its quotes.
  if (isScalar(old) && typeof value !== "object") {
    old.value = value;
    return;
  }
  for (let length = 1; length < path.length; length += 1) {
    const parent: unknown = document.getIn(path.slice(0, length), true);
    if (!isMap(parent)) document.setIn(path.slice(0, length), document.createNode({}));
  }
  document.setIn(path, document.createNode(value));
}

/** And the map that held it, if nothing is left there. */
function remove(document: Document, path: readonly string[]): void {
  if (!document.hasIn(path)) return;
  document.deleteIn(path);
  const parent = path.slice(0, -1);
  const left: unknown = parent.length === 0 ? undefined : document.getIn(parent, true);
  if (isMap(left) && left.items.length === 0) document.deleteIn(parent);
}
