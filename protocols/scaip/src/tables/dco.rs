//! `dco`: which part of the device.

use super::{Row, find, row};

/// The known codes, by number.
pub const ROWS: [Row; 30] = [
    row(0, "unknown"),
    row(1, "undefined"),
    row(2, "button_1"),
    row(3, "button_2"),
    row(4, "button_3"),
    row(5, "button_4"),
    row(6, "button_5"),
    row(7, "switch_1"),
    row(8, "switch_2"),
    row(9, "switch_3"),
    row(10, "switch_4"),
    row(11, "switch_5"),
    row(12, "output_1"),
    row(13, "output_2"),
    row(14, "output_3"),
    row(15, "output_4"),
    row(16, "output_5"),
    row(17, "automatic_circuit_1"),
    row(18, "automatic_circuit_2"),
    row(19, "automatic_circuit_3"),
    row(20, "automatic_circuit_4"),
    row(21, "automatic_circuit_5"),
    row(22, "ethernet_circuit"),
    row(23, "memory_circuit"),
    row(24, "microcontroller"),
    row(25, "module_1"),
    row(26, "module_2"),
    row(27, "module_3"),
    row(28, "module_4"),
    row(29, "module_5"),
];

/// The row of a number, if it is known.
pub fn lookup(number: u16) -> Option<&'static Row> {
    find(&ROWS, number)
}
