export { composite, compositeContract } from "./composite.ts";
