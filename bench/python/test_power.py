"""The least that a Python author writes for a device: one test, one fixture, one call."""

from jumpstarter_testing.pytest import JumpstarterTest


class TestPower(JumpstarterTest):
    def test_switches_on(self, client):
        client.power.on()
