//! Signal kinds of all five services, technical faults and tests: kind → class in one table.
//!
//! The numbers are the device protocol's own (`docs/link-protocol.md`) and never change meaning.

use minicbor::{Decode, Encode};

/// A signal kind; any number is kept, one not in [`TABLE`] is treated as [`Kind::UNKNOWN_CODE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Kind(#[n(0)] pub u16);

/// How urgent a kind is, and which lane it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Class {
    /// Somebody may be in danger: never behind anything else.
    #[n(0)]
    LifeSafety,
    /// Somebody needs a look.
    #[n(1)]
    Person,
    /// Equipment.
    #[n(2)]
    Technical,
    /// Doses, positions, resets, measurements.
    #[n(3)]
    Telemetry,
    /// Tests and training.
    #[n(4)]
    Test,
}

/// What a signal of a kind does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Opens an alarm, or is folded into the device's open alarm of the same kind.
    Opens,
    /// Is filed.
    Filed,
    /// Is filed and shown on the device's open alarms: a withdrawal or restore, which never closes one.
    Attached,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Its number.
    pub kind: Kind,
    /// Its identifier, as in `varde log` and the API.
    pub name: &'static str,
    /// Its class.
    pub class: Class,
    /// What it does.
    pub effect: Effect,
    /// Bokmål, as operators read it.
    pub label: &'static str,
}

impl Kind {
    /// Uleselig melding – kan være en person.
    pub const UNDECODABLE: Self = Self(0);
    /// Ukjent kode.
    pub const UNKNOWN_CODE: Self = Self(1);
    /// Trygghetsalarm utløst.
    pub const PRESS: Self = Self(100);
    /// SOS (mobil enhet).
    pub const SOS: Self = Self(101);
    /// Fall oppdaget.
    pub const FALL: Self = Self(102);
    /// Røyk/brann.
    pub const SMOKE: Self = Self(103);
    /// Gass/CO.
    pub const GAS_CO: Self = Self(104);
    /// Overfall/trussel.
    pub const PERSONAL_ATTACK: Self = Self(105);
    /// Epilepsianfall.
    pub const SEIZURE: Self = Self(106);
    /// Manglende bevegelse/inaktivitet.
    pub const NO_MOVEMENT: Self = Self(107);
    /// Personale ber om hjelp.
    pub const ASSISTANCE: Self = Self(108);
    /// Vannlekkasje.
    pub const WATER: Self = Self(109);
    /// Temperatur utenfor grense.
    pub const TEMPERATURE: Self = Self(110);
    /// Innbrudd.
    pub const INTRUDER: Self = Self(111);
    /// Mislykket anrop.
    pub const VOICE_CALL_FAILED: Self = Self(112);
    /// Tilbakestilt.
    pub const RESET: Self = Self(120);
    /// Avbrutt av bruker.
    pub const CANCEL: Self = Self(121);
    /// Personale til stede.
    pub const PRESENCE: Self = Self(122);
    /// Status.
    pub const STATUS: Self = Self(123);
    /// Forlatt sengen.
    pub const BED_LEFT: Self = Self(200);
    /// Lenge borte fra sengen.
    pub const BED_ABSENCE: Self = Self(201);
    /// Satt seg opp i sengen.
    pub const SAT_UP: Self = Self(202);
    /// Reist seg fra stol.
    pub const CHAIR_LEFT: Self = Self(203);
    /// Forlatt rom.
    pub const ROOM_LEFT: Self = Self(204);
    /// Kommet inn i rom.
    pub const ROOM_ENTERED: Self = Self(205);
    /// Uventet langt opphold.
    pub const LONG_STAY: Self = Self(206);
    /// Aktivitet.
    pub const ACTIVITY: Self = Self(207);
    /// Høyt lydnivå.
    pub const NOISE: Self = Self(208);
    /// Fravær.
    pub const ABSENCE: Self = Self(209);
    /// Dør åpnet.
    pub const DOOR_OPEN: Self = Self(210);
    /// Dør lukket.
    pub const DOOR_CLOSED: Self = Self(211);
    /// Dør åpen for lenge.
    pub const DOOR_OPEN_TOO_LONG: Self = Self(212);
    /// Dør åpnet om natten.
    pub const DOOR_AT_NIGHT: Self = Self(213);
    /// Forlatt bolig.
    pub const HOME_LEFT: Self = Self(214);
    /// Lagt seg.
    pub const BED_ENTERED: Self = Self(215);
    /// Fuktsensor.
    pub const ENURESIS: Self = Self(216);
    /// Hendelsesbasert kameratilsyn.
    pub const CAMERA_REQUESTED: Self = Self(217);
    /// Dose tilbudt.
    pub const DOSE_OFFERED: Self = Self(300);
    /// Dose tatt.
    pub const DOSE_TAKEN: Self = Self(301);
    /// Dose ikke tatt.
    pub const DOSE_MISSED: Self = Self(302);
    /// Rull sitter fast.
    pub const DISPENSER_JAM: Self = Self(303);
    /// Dispenser tom.
    pub const DISPENSER_EMPTY: Self = Self(304);
    /// Dispenser åpnet.
    pub const DISPENSER_OPENED: Self = Self(305);
    /// Påfylling nødvendig.
    pub const REFILL_DUE: Self = Self(306);
    /// Posisjon.
    pub const POSITION: Self = Self(400);
    /// Utenfor sone.
    pub const ZONE_LEFT: Self = Self(401);
    /// Tilbake i sone.
    pub const ZONE_ENTERED: Self = Self(402);
    /// Måling.
    pub const MEASUREMENT: Self = Self(500);
    /// Måling utenfor grense.
    pub const THRESHOLD_BREACH: Self = Self(501);
    /// Spørreskjema.
    pub const QUESTIONNAIRE: Self = Self(502);
    /// Ønsker kontakt.
    pub const CONTACT_REQUESTED: Self = Self(503);
    /// Måling uteblitt.
    pub const MEASUREMENT_MISSING: Self = Self(504);
    /// Strømbrudd.
    pub const MAINS_LOST: Self = Self(600);
    /// Strøm tilbake.
    pub const MAINS_BACK: Self = Self(601);
    /// Lavt batteri.
    pub const BATTERY_LOW: Self = Self(602);
    /// Batterifeil.
    pub const BATTERY_FAILED: Self = Self(603);
    /// Batteri i orden.
    pub const BATTERY_OK: Self = Self(604);
    /// Kommunikasjonsfeil.
    pub const LINK_LOST: Self = Self(605);
    /// Kommunikasjon tilbake.
    pub const LINK_BACK: Self = Self(606);
    /// Mistet kontakt med sensor.
    pub const SENSOR_LOST: Self = Self(607);
    /// Sensor tilbake.
    pub const SENSOR_BACK: Self = Self(608);
    /// Feil på enhet.
    pub const FAULT: Self = Self(609);
    /// Sabotasje.
    pub const TAMPER: Self = Self(610);
    /// Vedlikehold nødvendig.
    pub const MAINTENANCE_DUE: Self = Self(611);
    /// Konfigurasjon endret.
    pub const CONFIGURATION: Self = Self(612);
    /// Lader.
    pub const CHARGER: Self = Self(613);
    /// Gjenopprettet.
    pub const RESTORED: Self = Self(614);
    /// Automatisk test.
    pub const TEST_AUTO: Self = Self(900);
    /// Manuell test.
    pub const TEST_MANUAL: Self = Self(901);
    /// Øvelse.
    pub const TRAINING: Self = Self(902);

    /// The kind's row; an unknown number has the row of [`Kind::UNKNOWN_CODE`].
    pub fn spec(self) -> &'static Spec {
        TABLE.binary_search_by_key(&self, |row| row.kind).map_or(&TABLE[1], |at| &TABLE[at])
    }

    /// Its class.
    pub fn class(self) -> Class {
        self.spec().class
    }
}

use Class::{LifeSafety, Person, Technical, Telemetry, Test};
use Effect::{Attached, Filed, Opens};

const fn row(
    kind: Kind,
    name: &'static str,
    class: Class,
    effect: Effect,
    label: &'static str,
) -> Spec {
    Spec { kind, name, class, effect, label }
}

/// Every kind, by number.
#[rustfmt::skip]
pub const TABLE: &[Spec] = &[
    row(Kind::UNDECODABLE, "undecodable", LifeSafety, Opens, "Uleselig melding – kan være en person"),
    row(Kind::UNKNOWN_CODE, "unknown_code", LifeSafety, Opens, "Ukjent kode"),
    row(Kind::PRESS, "press", LifeSafety, Opens, "Trygghetsalarm utløst"),
    row(Kind::SOS, "sos", LifeSafety, Opens, "SOS (mobil enhet)"),
    row(Kind::FALL, "fall", LifeSafety, Opens, "Fall oppdaget"),
    row(Kind::SMOKE, "smoke", LifeSafety, Opens, "Røyk/brann"),
    row(Kind::GAS_CO, "gas_co", LifeSafety, Opens, "Gass/CO"),
    row(Kind::PERSONAL_ATTACK, "personal_attack", LifeSafety, Opens, "Overfall/trussel"),
    row(Kind::SEIZURE, "seizure", LifeSafety, Opens, "Epilepsianfall"),
    row(Kind::NO_MOVEMENT, "no_movement", LifeSafety, Opens, "Manglende bevegelse/inaktivitet"),
    row(Kind::ASSISTANCE, "assistance", LifeSafety, Opens, "Personale ber om hjelp"),
    row(Kind::WATER, "water", Person, Opens, "Vannlekkasje"),
    row(Kind::TEMPERATURE, "temperature", Person, Opens, "Temperatur utenfor grense"),
    row(Kind::INTRUDER, "intruder", Person, Opens, "Innbrudd"),
    row(Kind::VOICE_CALL_FAILED, "voice_call_failed", Person, Opens, "Mislykket anrop"),
    row(Kind::RESET, "reset", Telemetry, Attached, "Tilbakestilt"),
    row(Kind::CANCEL, "cancel", Telemetry, Attached, "Avbrutt av bruker"),
    row(Kind::PRESENCE, "presence", Telemetry, Attached, "Personale til stede"),
    row(Kind::STATUS, "status", Telemetry, Filed, "Status"),
    row(Kind::BED_LEFT, "bed_left", Person, Opens, "Forlatt sengen"),
    row(Kind::BED_ABSENCE, "bed_absence", Person, Opens, "Lenge borte fra sengen"),
    row(Kind::SAT_UP, "sat_up", Person, Opens, "Satt seg opp i sengen"),
    row(Kind::CHAIR_LEFT, "chair_left", Person, Opens, "Reist seg fra stol"),
    row(Kind::ROOM_LEFT, "room_left", Person, Opens, "Forlatt rom"),
    row(Kind::ROOM_ENTERED, "room_entered", Person, Opens, "Kommet inn i rom"),
    row(Kind::LONG_STAY, "long_stay", Person, Opens, "Uventet langt opphold"),
    row(Kind::ACTIVITY, "activity", Telemetry, Filed, "Aktivitet"),
    row(Kind::NOISE, "noise", Person, Opens, "Høyt lydnivå"),
    row(Kind::ABSENCE, "absence", Person, Opens, "Fravær"),
    row(Kind::DOOR_OPEN, "door_open", Telemetry, Filed, "Dør åpnet"),
    row(Kind::DOOR_CLOSED, "door_closed", Telemetry, Filed, "Dør lukket"),
    row(Kind::DOOR_OPEN_TOO_LONG, "door_open_too_long", Person, Opens, "Dør åpen for lenge"),
    row(Kind::DOOR_AT_NIGHT, "door_at_night", LifeSafety, Opens, "Dør åpnet om natten"),
    row(Kind::HOME_LEFT, "home_left", Person, Opens, "Forlatt bolig"),
    row(Kind::BED_ENTERED, "bed_entered", Telemetry, Attached, "Lagt seg"),
    row(Kind::ENURESIS, "enuresis", Person, Opens, "Fuktsensor"),
    row(Kind::CAMERA_REQUESTED, "camera_requested", Person, Opens, "Hendelsesbasert kameratilsyn"),
    row(Kind::DOSE_OFFERED, "dose_offered", Telemetry, Filed, "Dose tilbudt"),
    row(Kind::DOSE_TAKEN, "dose_taken", Telemetry, Attached, "Dose tatt"),
    row(Kind::DOSE_MISSED, "dose_missed", Person, Opens, "Dose ikke tatt"),
    row(Kind::DISPENSER_JAM, "dispenser_jam", Technical, Opens, "Rull sitter fast"),
    row(Kind::DISPENSER_EMPTY, "dispenser_empty", Technical, Opens, "Dispenser tom"),
    row(Kind::DISPENSER_OPENED, "dispenser_opened", Technical, Opens, "Dispenser åpnet"),
    row(Kind::REFILL_DUE, "refill_due", Technical, Opens, "Påfylling nødvendig"),
    row(Kind::POSITION, "position", Telemetry, Filed, "Posisjon"),
    row(Kind::ZONE_LEFT, "zone_left", Person, Opens, "Utenfor sone"),
    row(Kind::ZONE_ENTERED, "zone_entered", Telemetry, Attached, "Tilbake i sone"),
    row(Kind::MEASUREMENT, "measurement", Telemetry, Filed, "Måling"),
    row(Kind::THRESHOLD_BREACH, "threshold_breach", Person, Opens, "Måling utenfor grense"),
    row(Kind::QUESTIONNAIRE, "questionnaire", Telemetry, Filed, "Spørreskjema"),
    row(Kind::CONTACT_REQUESTED, "contact_requested", Person, Opens, "Ønsker kontakt"),
    row(Kind::MEASUREMENT_MISSING, "measurement_missing", Person, Opens, "Måling uteblitt"),
    row(Kind::MAINS_LOST, "mains_lost", Technical, Opens, "Strømbrudd"),
    row(Kind::MAINS_BACK, "mains_back", Telemetry, Attached, "Strøm tilbake"),
    row(Kind::BATTERY_LOW, "battery_low", Technical, Opens, "Lavt batteri"),
    row(Kind::BATTERY_FAILED, "battery_failed", Technical, Opens, "Batterifeil"),
    row(Kind::BATTERY_OK, "battery_ok", Telemetry, Attached, "Batteri i orden"),
    row(Kind::LINK_LOST, "link_lost", Technical, Opens, "Kommunikasjonsfeil"),
    row(Kind::LINK_BACK, "link_back", Telemetry, Attached, "Kommunikasjon tilbake"),
    row(Kind::SENSOR_LOST, "sensor_lost", Technical, Opens, "Mistet kontakt med sensor"),
    row(Kind::SENSOR_BACK, "sensor_back", Telemetry, Attached, "Sensor tilbake"),
    row(Kind::FAULT, "fault", Technical, Opens, "Feil på enhet"),
    row(Kind::TAMPER, "tamper", Technical, Opens, "Sabotasje"),
    row(Kind::MAINTENANCE_DUE, "maintenance_due", Technical, Opens, "Vedlikehold nødvendig"),
    row(Kind::CONFIGURATION, "configuration", Telemetry, Filed, "Konfigurasjon endret"),
    row(Kind::CHARGER, "charger", Telemetry, Filed, "Lader"),
    row(Kind::RESTORED, "restored", Telemetry, Attached, "Gjenopprettet"),
    row(Kind::TEST_AUTO, "test_auto", Test, Filed, "Automatisk test"),
    row(Kind::TEST_MANUAL, "test_manual", Test, Filed, "Manuell test"),
    row(Kind::TRAINING, "training", Test, Filed, "Øvelse"),
];
