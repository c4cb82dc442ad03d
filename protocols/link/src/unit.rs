//! What a measured value is, and in which unit. An unknown number is kept as it is.

/// One row of [`UNITS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitRow {
    /// The number on the wire.
    pub number: u16,
    /// What is measured.
    pub name: &'static str,
    /// The unit it is given in, as UCUM writes it.
    pub unit: &'static str,
}

const fn row(number: u16, name: &'static str, unit: &'static str) -> UnitRow {
    UnitRow { number, name, unit }
}

/// The known measures, by number.
pub const UNITS: [UnitRow; 16] = [
    row(1, "body_temperature", "Cel"),
    row(2, "room_temperature", "Cel"),
    row(3, "humidity", "%"),
    row(4, "systolic_pressure", "mm[Hg]"),
    row(5, "diastolic_pressure", "mm[Hg]"),
    row(6, "pulse", "/min"),
    row(7, "oxygen_saturation", "%"),
    row(8, "blood_glucose", "mmol/L"),
    row(9, "weight", "kg"),
    row(10, "respiration", "/min"),
    row(11, "peak_flow", "L/min"),
    row(12, "steps", "{steps}"),
    row(13, "carbon_monoxide", "[ppm]"),
    row(14, "noise", "dB"),
    row(15, "duration", "s"),
    row(16, "distance", "m"),
];

/// The row of a number, if it is known.
pub fn lookup(number: u16) -> Option<&'static UnitRow> {
    UNITS.iter().find(|row| row.number == number)
}
