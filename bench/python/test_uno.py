"""The tests of examples/arduino, one by one, as a Python author writes them."""

import re
import time
from pathlib import Path

import pexpect
import pytest
from jumpstarter_testing.pytest import JumpstarterTest

FIRMWARE = Path(__file__).parents[2] / "examples" / "arduino" / "firmware"


class TestUno(JumpstarterTest):
    @pytest.fixture
    def power(self, client):
        yield client.power
        client.power.off()
        client.pins.release()

    @pytest.fixture
    def console(self, client, power):
        with client.console.pexpect() as console:
            console.timeout = 5
            yield console

    @pytest.fixture
    def prompt(self, power, console):
        power.on()
        console.expect_exact("> ")
        return console

    def test_boots_to_a_prompt_and_says_its_version(self, prompt):
        prompt.sendline("version")
        prompt.expect(r"jumpstarter-uno (\S+)\r?\n")
        assert prompt.match.group(1) == b"1.0.0"

    def test_explains_itself_when_asked_for_help(self, prompt):
        prompt.sendline("help")
        for text in ["version", "led on|off", "adc N", "eeprom read ADDR"]:
            prompt.expect_exact(text)

    def test_recovers_from_a_crash_through_its_watchdog(self, prompt):
        prompt.sendline("crash")
        prompt.expect_exact("reset: watchdog")

    def test_keeps_what_it_stored_when_the_power_goes(self, power, prompt):
        prompt.sendline("eeprom write 7 42")
        prompt.expect_exact("eeprom 7 = 42")
        power.off()
        time.sleep(0.05)
        power.on()
        prompt.expect_exact("reset: ")
        prompt.expect_exact("> ")
        prompt.sendline("eeprom read 7")
        prompt.expect(r"eeprom 7 = (\d+)\r?\n")
        assert int(prompt.match.group(1)) == 42

    def test_shows_what_the_firmware_does_with_the_led(self, client, prompt):
        assert client.pins.read("D13") == "low"
        prompt.sendline("led on")
        prompt.expect(r"led on\r?\n")
        deadline = time.monotonic() + 1
        while client.pins.read("D13") != "high":
            assert time.monotonic() < deadline

    @pytest.mark.parametrize("volts,counts", [(0, 0), (2.5, 512), (5, 1023)])
    def test_measures_volts(self, client, prompt, volts, counts):
        client.pins.set_voltage("A0", volts)
        prompt.sendline("adc 0")
        prompt.expect(r"adc 0 = (\d+)\r?\n")
        assert abs(int(prompt.match.group(1)) - counts) <= 2

    def test_is_dead_without_power(self, client, power, console):
        power.off()
        assert client.pins.mode("D13") == "off"
        assert console.expect([pexpect.TIMEOUT, re.compile(rb".")], timeout=0.1) == 0

    def test_runs_the_firmware_it_was_flashed_with(self, client, power, console):
        power.on()
        client.flasher.flash(FIRMWARE / "uno-v2.hex")
        console.expect_exact("jumpstarter-uno 2.0.0")

    def test_can_go_back_to_the_older_firmware(self, client, power, console):
        power.on()
        client.flasher.flash(FIRMWARE / "uno.hex")
        console.expect_exact("jumpstarter-uno 1.0.0")
