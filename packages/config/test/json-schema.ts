/** As much of JSON schema, draft 7, as the generated schemas use: whoever adds a keyword there adds it here. */
export function isValid(schema: unknown, value: unknown, root: unknown = schema): boolean {
  if (typeof schema === "boolean") return schema;
  return Object.entries(Object(schema)).every(([keyword, argument]) => {
    const check = keywords[keyword];
    if (check === undefined) throw new Error(`no check for the keyword ${keyword}`);
    return check(argument, value, { schema: Object(schema), root });
  });
}

type Check = (
  argument: unknown,
  value: unknown,
  context: { readonly schema: Readonly<Record<string, unknown>>; readonly root: unknown },
) => boolean;

const fine: Check = () => true;
const list = (argument: unknown): readonly unknown[] => (Array.isArray(argument) ? argument : [argument]);
const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const entries = (value: unknown): readonly (readonly [string, unknown])[] =>
  isMap(value) ? Object.entries(value) : [];
const typeOf = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

const keywords: Readonly<Record<string, Check>> = {
  $schema: fine,
  title: fine,
  description: fine,
  definitions: fine,
  id: fine,
  type: (argument, value) =>
    list(argument).some((type) => (type === "integer" ? Number.isInteger(value) : type === typeOf(value))),
  const: (argument, value) => argument === value,
  enum: (argument, value) => list(argument).includes(value),
  minLength: (argument, value) => typeof value !== "string" || value.length >= Number(argument),
  minimum: (argument, value) => typeof value !== "number" || value >= Number(argument),
  maximum: (argument, value) => typeof value !== "number" || value <= Number(argument),
  exclusiveMinimum: (argument, value) => typeof value !== "number" || value > Number(argument),
  required: (argument, value) => !isMap(value) || list(argument).every((key) => Object.hasOwn(value, String(key))),
  properties: (argument, value, { root }) =>
    entries(argument).every(
      ([key, inner]) => !isMap(value) || !Object.hasOwn(value, key) || isValid(inner, value[key], root),
    ),
  additionalProperties: (argument, value, { schema, root }) =>
    entries(value).every(
      ([key, inner]) => Object.hasOwn(Object(schema["properties"]), key) || isValid(argument, inner, root),
    ),
  propertyNames: (argument, value, { root }) => entries(value).every(([key]) => isValid(argument, key, root)),
  items: (argument, value, { root }) => !Array.isArray(value) || value.every((item) => isValid(argument, item, root)),
  anyOf: (argument, value, { root }) => list(argument).some((inner) => isValid(inner, value, root)),
  allOf: (argument, value, { root }) => list(argument).every((inner) => isValid(inner, value, root)),
  $ref: (argument, value, { root }) =>
    isValid(
      String(argument)
        .split("/")
        .slice(1)
        .reduce<unknown>((inner, step) => Object(inner)[step], root),
      value,
      root,
    ),
};
