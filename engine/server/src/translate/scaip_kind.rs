//! SCAIP status and device type → signal kind. What no row names is a person's alarm, never nothing.
//!
//! Source: the code tables in `protocols/scaip` (one vendor's, see `docs/scaip-field.md`); which
//! kind a code means is Varde's own reading.

use central::kind::Kind;
use scaip::{Mrq, dty, stc};

/// Statuses that mean the same whatever device sends them.
#[rustfmt::skip]
const BY_STATUS: &[(u16, Kind)] = &[
    (2, Kind::CANCEL), (14, Kind::BATTERY_FAILED), (15, Kind::BATTERY_OK), (16, Kind::BATTERY_LOW),
    (19, Kind::CANCEL), (20, Kind::CHARGER), (21, Kind::DOOR_CLOSED), (23, Kind::LINK_LOST),
    (24, Kind::LINK_LOST), (25, Kind::LINK_LOST), (26, Kind::LINK_LOST), (27, Kind::LINK_LOST),
    (49, Kind::NO_MOVEMENT), (63, Kind::SENSOR_LOST), (65, Kind::MAINTENANCE_DUE),
    (66, Kind::MAINTENANCE_DUE), (67, Kind::FAULT), (73, Kind::LINK_LOST), (75, Kind::LINK_BACK),
    (76, Kind::DOOR_OPEN), (77, Kind::DOOR_OPEN_TOO_LONG), (81, Kind::DOSE_MISSED),
    (82, Kind::DOSE_OFFERED), (83, Kind::DOSE_TAKEN), (85, Kind::MAINS_LOST), (86, Kind::MAINS_BACK),
    (87, Kind::PRESENCE), (88, Kind::PRESENCE), (91, Kind::RESTORED), (92, Kind::RESET),
    (93, Kind::RESET), (94, Kind::RESTORED), (100, Kind::TEMPERATURE), (101, Kind::TEMPERATURE),
    (102, Kind::TEST_AUTO), (103, Kind::TEST_AUTO), (106, Kind::INTRUDER), (107, Kind::INTRUDER),
    (110, Kind::ASSISTANCE), (111, Kind::PRESENCE), (112, Kind::LINK_BACK), (113, Kind::LINK_BACK),
    (114, Kind::LINK_BACK), (115, Kind::LINK_BACK), (116, Kind::LINK_BACK), (117, Kind::BED_ENTERED),
    (119, Kind::ACTIVITY), (121, Kind::PRESENCE), (123, Kind::SENSOR_LOST), (124, Kind::SENSOR_BACK),
    (125, Kind::TAMPER), (126, Kind::TEMPERATURE),
];

/// What an alarm status means by the device that raised it; any other device: a press.
#[rustfmt::skip]
const BY_DEVICE: &[(u16, Kind)] = &[
    (5, Kind::FALL), (6, Kind::PERSONAL_ATTACK), (7, Kind::PERSONAL_ATTACK), (10, Kind::NO_MOVEMENT),
    (11, Kind::DOSE_MISSED), (12, Kind::BED_LEFT), (13, Kind::BED_LEFT), (14, Kind::DOOR_AT_NIGHT),
    (15, Kind::HOME_LEFT), (16, Kind::ENURESIS), (17, Kind::SEIZURE), (18, Kind::ABSENCE),
    (21, Kind::GAS_CO), (23, Kind::SMOKE), (25, Kind::SMOKE), (26, Kind::GAS_CO),
    (27, Kind::PERSONAL_ATTACK), (28, Kind::INTRUDER), (29, Kind::INTRUDER), (30, Kind::FALL),
    (33, Kind::WATER), (34, Kind::WATER), (36, Kind::INTRUDER), (37, Kind::SMOKE), (38, Kind::TAMPER),
    (44, Kind::CHAIR_LEFT), (47, Kind::SMOKE), (51, Kind::SOS),
];

/// The geo-fence location code.
const GEO_FENCE: u16 = 19;
/// The status that a hand gives: a button was pressed.
const MANUAL: u16 = 10;

/// What a decoded message says. The caller has already taken heartbeats out.
pub(super) fn kind(mrq: &Mrq) -> Kind {
    use scaip::MessageType;
    match mrq.message_type() {
        MessageType::Reset => Kind::RESET,
        MessageType::Information => Kind::STATUS,
        MessageType::Other(_) => Kind::UNKNOWN_CODE,
        MessageType::Event | MessageType::Beat => by_status(mrq),
    }
}

fn by_status(mrq: &Mrq) -> Kind {
    let Some(status) = mrq.status().num else { return Kind::UNKNOWN_CODE };
    if let Some(kind) = find(BY_STATUS, status) {
        return kind;
    }
    match stc::lookup(status).map(|row| row.severity) {
        Some(stc::Severity::Alarm) => alarm(mrq, status),
        Some(stc::Severity::Fault) => Kind::FAULT,
        Some(stc::Severity::Normal) => Kind::STATUS,
        Some(stc::Severity::Test) => Kind::TEST_AUTO,
        None => Kind::UNKNOWN_CODE,
    }
}

fn alarm(mrq: &Mrq, status: u16) -> Kind {
    if status != MANUAL && mrq.location().is(GEO_FENCE) {
        return Kind::ZONE_LEFT;
    }
    let device = mrq.dty.as_ref().and_then(|code| code.num).unwrap_or(0);
    match find(BY_DEVICE, device) {
        // A hand on a sensor's own button is a person calling, whatever the sensor watches.
        Some(kind) if status != MANUAL || kind.class() == central::kind::Class::LifeSafety => kind,
        _ => Kind::PRESS,
    }
}

fn find(table: &[(u16, Kind)], number: u16) -> Option<Kind> {
    table.binary_search_by_key(&number, |row| row.0).ok().map(|at| table[at].1)
}

/// Whether every code of the message stands in its table.
pub(super) fn is_known(mrq: &Mrq) -> bool {
    let status = mrq.status().num.is_some_and(|number| stc::lookup(number).is_some());
    let device = mrq
        .dty
        .as_ref()
        .is_none_or(|code| code.num.is_some_and(|number| dty::lookup(number).is_some()));
    status && device && !matches!(mrq.message_type(), scaip::MessageType::Other(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use central::kind::Class;

    fn said(dty: u16, stc: Option<u16>) -> Kind {
        let mut mrq = Mrq::new("1", "2", dty);
        mrq.stc = stc.map(|number| scaip::Code::parse(&number.to_string()));
        kind(&mrq)
    }

    #[test]
    fn the_tables_can_be_searched() {
        assert!(BY_STATUS.is_sorted_by_key(|row| row.0) && BY_DEVICE.is_sorted_by_key(|row| row.0));
    }

    #[test]
    fn what_the_field_sends_is_read_right() {
        for (dty, stc, wanted) in [
            (3, Some(10), Kind::PRESS),
            (4, Some(10), Kind::PRESS),
            (3, None, Kind::PRESS),
            (5, Some(9), Kind::FALL),
            (23, Some(9), Kind::SMOKE),
            (26, Some(46), Kind::GAS_CO),
            (10, Some(49), Kind::NO_MOVEMENT),
            (2, Some(67), Kind::FAULT),
            (2, Some(85), Kind::MAINS_LOST),
            (2, Some(110), Kind::ASSISTANCE),
            (11, Some(81), Kind::DOSE_MISSED),
            (12, Some(10), Kind::PRESS),
            (51, Some(10), Kind::SOS),
            (2, Some(9999), Kind::UNKNOWN_CODE),
        ] {
            assert_eq!(said(dty, stc), wanted, "dty {dty} stc {stc:?}");
        }
    }

    #[test]
    fn no_alarm_status_of_any_device_is_filed_away() {
        for row in stc::ROWS.iter().filter(|row| row.severity == stc::Severity::Alarm) {
            for dty in 0..60 {
                let class = said(dty, Some(row.number)).class();
                let shown = matches!(class, Class::LifeSafety | Class::Person | Class::Technical);
                assert!(shown, "stc {} dty {dty} is {class:?}", row.number);
            }
        }
    }

    #[test]
    fn no_code_at_all_is_a_person() {
        for stc in 128..=u16::MAX {
            assert_eq!(said(3, Some(stc)), Kind::UNKNOWN_CODE);
        }
    }
}
