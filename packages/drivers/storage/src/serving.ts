/** What a server needs that gives the files of a storage to other machines. */
export { openConfined, type ConfinedFile, type Denial } from "./confined-file.ts";
export { ownAddress } from "./own-address.ts";
