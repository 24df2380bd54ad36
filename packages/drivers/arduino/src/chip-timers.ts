import { AVRTimer, timer0Config, timer1Config, timer2Config, type CPU } from "avr8js";

/**
 * Timers 0 to 2. The emulator looks at a timer at every tick, although it can count many at once. Here it looks again
 * only when something happens: at a compare match, at the top, at the bottom.
 */
export function attachTimers(cpu: CPU): void {
  const timers = new Map<() => void, AVRTimer>();
  const add = cpu.addClockEvent.bind(cpu);
  cpu.addClockEvent = (callback, cycles) => {
    const timer = timers.get(callback);
    if (timer === undefined || cycles <= 0) return add(callback, cycles);
    return add(callback, cycles + (ticksToNext(timer) - 1) * timer["divider"]);
  };
  for (const config of [timer0Config, timer1Config, timer2Config]) {
    const timer = new AVRTimer(cpu, config);
    timers.set(timer.count, timer);
    mendFlags(cpu, config.TIFR);
    const { OCRA, OCRB, TCCRA, TCCRB, TCNT, ICR } = config;
    for (const register of [OCRA, OCRB, TCCRA, TCCRB, TCNT]) countUpToWrite(cpu, timer, register);
    if (ICR !== 0) countUpToWrite(cpu, timer, ICR);
  }
}

/** Writing a one to TIFRx clears that flag and leaves the others; the emulator would clear them all. */
function mendFlags(cpu: CPU, flagRegister: number): void {
  const write = cpu.writeHooks[flagRegister];
  cpu.writeHooks[flagRegister] = (value, old, address, mask) => {
    write?.(value, old, address, mask);
    cpu.data[flagRegister] = old & ~value;
    return true;
  };
}

/** A register that decides what comes next: what came before counts by its old value. */
function countUpToWrite(cpu: CPU, timer: AVRTimer, register: number): void {
  const write = cpu.writeHooks[register];
  cpu.writeHooks[register] = (value, old, address, mask) => {
    timer.count(false);
    const isDone = write?.(value, old, address, mask);
    // Where the write itself has asked to be looked at in the next cycle, that stays.
    if (!timer["tcntUpdated"] && !timer["updateDivider"]) {
      cpu.updateClockEvent(timer.count, timer["lastCycle"] + timer["divider"] - cpu.cycles);
    }
    return isDone;
  };
}

const phaseCorrect = 1;
const phaseAndFrequencyCorrect = 4;

/** Ticks until the counter matches, turns or wraps; 1 where that is not certain. In brackets: private names. */
function ticksToNext(timer: AVRTimer): number {
  const { TOP } = timer;
  const now = timer["tcnt"];
  if (timer["tcntUpdated"] || timer["updateDivider"] || now > TOP || TOP === 0) return 1;
  const mode: number = timer["timerMode"];
  const turns = mode === phaseCorrect || mode === phaseAndFrequencyCorrect;
  const isDown = turns && !timer["countingUp"];
  const toEnd = isDown ? now : turns ? TOP - now : TOP + 1 - now;
  const toA = isDown ? now - timer["ocrA"] : timer["ocrA"] - now;
  const toB = isDown ? now - timer["ocrB"] : timer["ocrB"] - now;
  return Math.max(1, Math.min(toEnd, toA > 0 ? toA : toEnd, toB > 0 ? toB : toEnd));
}
