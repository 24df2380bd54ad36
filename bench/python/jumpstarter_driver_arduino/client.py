"""What a Python author writes to reach the pins of the example's board."""

from jumpstarter.client import DriverClient


class PinsClient(DriverClient):
    def read(self, pin):
        return self.call("read", pin)

    def mode(self, pin):
        return self.call("mode", pin)

    def set_voltage(self, pin, volts):
        self.call("set_voltage", pin, volts)

    def release(self):
        self.call("release")
