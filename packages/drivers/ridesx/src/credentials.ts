export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

/** Of this process's environment, by upstream's names; one without the other is none. */
export function registryCredentials(environment = process.env): RegistryCredentials | undefined {
  const { OCI_USERNAME: username = "", OCI_PASSWORD: password = "" } = environment;
  return username === "" || password === "" ? undefined : { username, password };
}
