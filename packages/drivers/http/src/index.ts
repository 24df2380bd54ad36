export { fileUrl, http, type HttpClient, type RunningHttp } from "./client.ts";
export { httpContract } from "./contract.ts";
