//! The kinds of signals: one numbering for all five services.

/// The kind of a signal, as its number. An unknown number is kept, and treated as
/// [`Kind::UNKNOWN_CODE`]: it may be a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(pub u16);

/// How urgent a kind is, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A life may be in danger.
    LifeSafety,
    /// A person may need someone.
    Person,
    /// A fault of the equipment.
    Technical,
    /// A fact to file.
    Telemetry,
    /// A test or an exercise.
    Test,
}

/// One row of [`KINDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindRow {
    /// The number on the wire.
    pub number: u16,
    /// Its identifier in documents and program interfaces.
    pub name: &'static str,
    /// Its class.
    pub class: Class,
}

impl Kind {
    /// What could not be decoded and may be a person.
    pub const UNDECODABLE: Self = Self(0);
    /// A code that no table knows.
    pub const UNKNOWN_CODE: Self = Self(1);
    /// A button was pressed.
    pub const PRESS: Self = Self(100);

    /// The row of this kind, if the number is known.
    pub fn row(self) -> Option<&'static KindRow> {
        KINDS.binary_search_by_key(&self.0, |row| row.number).ok().map(|at| &KINDS[at])
    }

    /// The identifier; `unknown_code` for a number that is not in the table.
    pub fn name(self) -> &'static str {
        self.row().map_or("unknown_code", |row| row.name)
    }

    /// The class; life-safety for a number that is not in the table.
    pub fn class(self) -> Class {
        self.row().map_or(Class::LifeSafety, |row| row.class)
    }

    /// Whether this kind may use the stream kept for alarms: life-safety and person.
    pub fn is_alarm(self) -> bool {
        matches!(self.class(), Class::LifeSafety | Class::Person)
    }

    /// The kind of an identifier.
    pub fn named(name: &str) -> Option<Self> {
        KINDS.iter().find(|row| row.name == name).map(|row| Self(row.number))
    }
}

const fn row(number: u16, name: &'static str, class: Class) -> KindRow {
    KindRow { number, name, class }
}

/// Every known kind, by number.
pub const KINDS: [KindRow; 70] = {
    use Class::{LifeSafety, Person, Technical, Telemetry, Test};
    [
        row(0, "undecodable", LifeSafety),
        row(1, "unknown_code", LifeSafety),
        row(100, "press", LifeSafety),
        row(101, "sos", LifeSafety),
        row(102, "fall", LifeSafety),
        row(103, "smoke", LifeSafety),
        row(104, "gas_co", LifeSafety),
        row(105, "personal_attack", LifeSafety),
        row(106, "seizure", LifeSafety),
        row(107, "no_movement", LifeSafety),
        row(108, "assistance", LifeSafety),
        row(109, "water", Person),
        row(110, "temperature", Person),
        row(111, "intruder", Person),
        row(112, "voice_call_failed", Person),
        row(120, "reset", Telemetry),
        row(121, "cancel", Telemetry),
        row(122, "presence", Telemetry),
        row(123, "status", Telemetry),
        row(200, "bed_left", Person),
        row(201, "bed_absence", Person),
        row(202, "sat_up", Person),
        row(203, "chair_left", Person),
        row(204, "room_left", Person),
        row(205, "room_entered", Person),
        row(206, "long_stay", Person),
        row(207, "activity", Telemetry),
        row(208, "noise", Person),
        row(209, "absence", Person),
        row(210, "door_open", Telemetry),
        row(211, "door_closed", Telemetry),
        row(212, "door_open_too_long", Person),
        row(213, "door_at_night", LifeSafety),
        row(214, "home_left", Person),
        row(215, "bed_entered", Telemetry),
        row(216, "enuresis", Person),
        row(217, "camera_requested", Person),
        row(300, "dose_offered", Telemetry),
        row(301, "dose_taken", Telemetry),
        row(302, "dose_missed", Person),
        row(303, "dispenser_jam", Technical),
        row(304, "dispenser_empty", Technical),
        row(305, "dispenser_opened", Technical),
        row(306, "refill_due", Technical),
        row(400, "position", Telemetry),
        row(401, "zone_left", Person),
        row(402, "zone_entered", Telemetry),
        row(500, "measurement", Telemetry),
        row(501, "threshold_breach", Person),
        row(502, "questionnaire", Telemetry),
        row(503, "contact_requested", Person),
        row(504, "measurement_missing", Person),
        row(600, "mains_lost", Technical),
        row(601, "mains_back", Telemetry),
        row(602, "battery_low", Technical),
        row(603, "battery_failed", Technical),
        row(604, "battery_ok", Telemetry),
        row(605, "link_lost", Technical),
        row(606, "link_back", Telemetry),
        row(607, "sensor_lost", Technical),
        row(608, "sensor_back", Telemetry),
        row(609, "fault", Technical),
        row(610, "tamper", Technical),
        row(611, "maintenance_due", Technical),
        row(612, "configuration", Telemetry),
        row(613, "charger", Telemetry),
        row(614, "restored", Telemetry),
        row(900, "test_auto", Test),
        row(901, "test_manual", Test),
        row(902, "training", Test),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_are_unique() {
        assert!(KINDS.is_sorted_by(|a, b| a.number < b.number));
        for row in &KINDS {
            assert_eq!(Kind::named(row.name), Some(Kind(row.number)), "{}", row.name);
        }
    }

    #[test]
    fn an_unknown_number_may_be_a_person() {
        assert!(Kind(65_535).is_alarm());
        assert_eq!(Kind(65_535).name(), "unknown_code");
        assert!(Kind(302).is_alarm() && Kind::PRESS.is_alarm());
        assert!(!Kind(602).is_alarm() && !Kind(301).is_alarm() && !Kind(900).is_alarm());
    }
}
