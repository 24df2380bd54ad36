import { contract, sink, source, unary } from "@jumpstarter-ts/core";

const methods = {
  host: unary({ help: "Connect the storage to the host" }),
  dut: unary({ help: "Connect the storage to the device under test" }),
  off: unary({ help: "Disconnect the storage" }),
  write: unary({ help: "Write an image to the storage", arguments: [source("src")] }),
  read: unary({ help: "Read the storage's content", arguments: [sink("dst")] }),
};

export const storageMuxContract = contract({
  name: "storage-mux",
  label: "jumpstarter_driver_opendal.client.StorageMuxClient",
  types: ["jumpstarter_driver_opendal.driver.MockStorageMux"],
  methods,
});

export const storageMuxFlasherContract = contract({
  name: "storage-mux-flasher",
  label: "jumpstarter_driver_opendal.client.StorageMuxFlasherClient",
  types: ["jumpstarter_driver_opendal.driver.MockStorageMuxFlasher"],
  methods,
});
