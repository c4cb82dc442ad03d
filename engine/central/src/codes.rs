//! Closing codes: three independent axes, each number of exactly one axis.
//!
//! A number never changes meaning; a code no longer wanted stays in the table.

/// One code an operator closes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// Its number, as in an entry.
    pub number: u16,
    /// Its identifier, as in the API.
    pub name: &'static str,
    /// Bokmål, as operators read it.
    pub label: &'static str,
}

/// Whether the three codes are each in the table of their axis.
pub fn known(cause: u16, action: u16, outcome: u16) -> bool {
    [(CAUSES, cause), (ACTIONS, action), (OUTCOMES, outcome)]
        .into_iter()
        .all(|(axis, number)| find(axis, number).is_some())
}

/// The code of a number in one axis, such as [`CAUSES`].
pub fn find(axis: &'static [Code], number: u16) -> Option<&'static Code> {
    axis.binary_search_by_key(&number, |code| code.number).ok().map(|at| &axis[at])
}

const fn code(number: u16, name: &'static str, label: &'static str) -> Code {
    Code { number, name, label }
}

/// Årsak: why the alarm came.
#[rustfmt::skip]
pub const CAUSES: &[Code] = &[
    code(100, "fall", "Fall"),
    code(101, "injury", "Skade/blødning"),
    code(102, "chest_pain", "Brystsmerter"),
    code(103, "breathing", "Pust"),
    code(104, "stroke_signs", "Slagsymptomer"),
    code(105, "pain", "Smerte"),
    code(106, "illness", "Feber/sykdom"),
    code(107, "toilet", "Toalett/stell"),
    code(108, "medication", "Medisin"),
    code(109, "confusion", "Forvirring/vandring"),
    code(110, "anxious", "Utrygg/ensom"),
    code(111, "visit_wanted", "Etterlyser besøk"),
    code(112, "information_wanted", "Informasjonsbehov"),
    code(113, "fire", "Brann/røyk"),
    code(114, "gas_co", "Gass/CO"),
    code(115, "water", "Vann"),
    code(116, "violence", "Vold/trussel"),
    code(117, "seizure", "Epilepsi"),
    code(118, "outside_zone", "GPS utenfor sone"),
    code(119, "dose_not_taken", "Ikke hentet medisin"),
    code(120, "door_at_night", "Dør om natten"),
    code(121, "inactivity", "Inaktivitet"),
    code(122, "accidental", "Uhell/feiltrykk"),
    code(123, "test", "Test"),
    code(130, "mains", "Teknisk: strøm"),
    code(131, "battery", "Teknisk: batteri"),
    code(132, "no_contact_with_unit", "Teknisk: ingen kontakt"),
    code(133, "sensor_out_of_range", "Teknisk: sender utenfor område"),
    code(134, "voice_call_failed", "Teknisk: mislykket anrop"),
    code(135, "tamper", "Teknisk: sabotasje"),
    code(199, "unknown", "Ukjent"),
];

/// Tiltak: what was done.
#[rustfmt::skip]
pub const ACTIONS: &[Code] = &[
    code(200, "talked", "Avklart i samtale"),
    code(201, "advised", "Råd gitt"),
    code(202, "next_visit", "Avventer planlagt besøk"),
    code(203, "relative_told", "Pårørende varslet"),
    code(204, "home_care_sent", "Hjemmetjeneste sendt"),
    code(205, "out_of_hours_doctor", "Legevakt"),
    code(206, "emergency_services", "113/110/112"),
    code(207, "camera_check", "Kameratilsyn"),
    code(208, "technical_order", "Teknisk ordre"),
    code(209, "door_unlocked", "Låst opp med e-lås"),
    code(299, "none", "Ingen (begrunn)"),
];

/// Utfall: how it ended.
#[rustfmt::skip]
pub const OUTCOMES: &[Code] = &[
    code(300, "helped_on_site", "Hjulpet på stedet"),
    code(301, "admitted", "Innlagt"),
    code(302, "no_help_needed", "Ingen hjelp nødvendig"),
    code(303, "no_contact_visited", "Ikke kontakt – fulgt opp fysisk"),
    code(304, "wrong_address", "Feil adresse"),
    code(305, "cancelled_by_user", "Avlyst av bruker"),
    code(306, "found_dead", "Død funnet"),
    code(307, "unresolved_handed_over", "Uavklart, overført"),
];
