//! `stc`: what happened, and how severe it is at first sight.

/// How severe a status is before anything else is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// A person may need someone.
    Alarm,
    /// A technical fault.
    Fault,
    /// Something is in order again, or is only told.
    Normal,
    /// A test transmission.
    Test,
}

/// One row of [`ROWS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The number on the wire.
    pub number: u16,
    /// A short English identifier.
    pub name: &'static str,
    /// The severity at first sight.
    pub severity: Severity,
}

const fn row(number: u16, name: &'static str, severity: Severity) -> Row {
    Row { number, name, severity }
}

/// The known codes, by number.
pub const ROWS: [Row; 128] = {
    use Severity::{Alarm, Fault, Normal, Test};
    [
        row(0, "unknown", Alarm),
        row(1, "undefined", Alarm),
        row(2, "abort", Normal),
        row(3, "absent", Normal),
        row(4, "accepted", Normal),
        row(5, "acknowledge", Normal),
        row(6, "activated", Alarm),
        row(7, "active", Alarm),
        row(8, "added", Normal),
        row(9, "automatic_alarm", Alarm),
        row(10, "manual_alarm", Alarm),
        row(11, "alert", Alarm),
        row(12, "armed", Normal),
        row(13, "assigned", Normal),
        row(14, "battery_failure", Fault),
        row(15, "battery_ok", Normal),
        row(16, "battery_low", Fault),
        row(17, "busy", Normal),
        row(18, "bypass", Normal),
        row(19, "cancel", Normal),
        row(20, "charged", Normal),
        row(21, "closed", Normal),
        row(22, "closed_too_long", Alarm),
        row(23, "ip_connection_failure", Fault),
        row(24, "mobile_network_connection_failure", Fault),
        row(25, "pots_connection_failure", Fault),
        row(26, "primary_link_failure", Fault),
        row(27, "redundant_link_failure", Fault),
        row(28, "deleted", Normal),
        row(29, "denied", Normal),
        row(30, "disarmed", Normal),
        row(31, "disconnected", Fault),
        row(32, "error_code_1", Fault),
        row(33, "error_code_2", Fault),
        row(34, "error_code_3", Fault),
        row(35, "error_code_4", Fault),
        row(36, "error_code_5", Fault),
        row(37, "error_code_6", Fault),
        row(38, "error_code_7", Fault),
        row(39, "error_code_8", Fault),
        row(40, "error_code_9", Fault),
        row(41, "executed", Normal),
        row(42, "failure", Fault),
        row(43, "frequency_drifted", Fault),
        row(44, "frequency_drifted_to_lower_level", Fault),
        row(45, "frequency_drifted_to_upper_level", Fault),
        row(46, "high_level", Alarm),
        row(47, "in_progress", Normal),
        row(48, "in_service", Normal),
        row(49, "inactive", Alarm),
        row(50, "initiated", Normal),
        row(51, "interrupted", Fault),
        row(52, "jammed", Fault),
        row(53, "level_1", Normal),
        row(54, "level_2", Normal),
        row(55, "level_3", Normal),
        row(56, "level_4", Normal),
        row(57, "level_5", Normal),
        row(58, "level_6", Normal),
        row(59, "level_7", Normal),
        row(60, "level_8", Normal),
        row(61, "level_9", Normal),
        row(62, "log", Normal),
        row(63, "loss", Fault),
        row(64, "low_level", Fault),
        row(65, "maintenance_needed", Fault),
        row(66, "urgent_maintenance_needed", Fault),
        row(67, "malfunction", Fault),
        row(68, "memory_full", Fault),
        row(69, "non_active", Normal),
        row(70, "normal_state", Normal),
        row(71, "occupied", Normal),
        row(72, "off", Normal),
        row(73, "offline", Fault),
        row(74, "on", Normal),
        row(75, "online", Normal),
        row(76, "open", Normal),
        row(77, "open_too_long", Alarm),
        row(78, "out_of_service", Fault),
        row(79, "overflow", Fault),
        row(80, "pending", Normal),
        row(81, "pill_not_taken", Alarm),
        row(82, "pill_reminder", Normal),
        row(83, "pill_taken", Normal),
        row(84, "planned", Normal),
        row(85, "power_failure", Fault),
        row(86, "power_restored", Normal),
        row(87, "planned_presence", Normal),
        row(88, "presence_after_alarm", Normal),
        row(89, "privacy_switch_operated", Normal),
        row(90, "pulse", Alarm),
        row(91, "re_established", Normal),
        row(92, "automatic_reset", Normal),
        row(93, "manual_reset", Normal),
        row(94, "restoral", Normal),
        row(95, "rf_interference", Fault),
        row(96, "started", Normal),
        row(97, "ended", Normal),
        row(98, "substituted", Normal),
        row(99, "succeeded", Normal),
        row(100, "temperature_high", Alarm),
        row(101, "temperature_low", Alarm),
        row(102, "test_transmission_primary_channel", Test),
        row(103, "test_transmission_redundant_channel", Test),
        row(104, "time_out", Fault),
        row(105, "trouble", Fault),
        row(106, "trespass", Alarm),
        row(107, "unauthorised_access", Alarm),
        row(108, "unbypass", Normal),
        row(109, "verified", Normal),
        row(110, "assistance", Alarm),
        row(111, "intervention_complete", Normal),
        row(112, "ip_connection_re_established", Normal),
        row(113, "mobile_network_connection_re_established", Normal),
        row(114, "pots_connection_re_established", Normal),
        row(115, "primary_link_re_established", Normal),
        row(116, "redundant_link_re_established", Normal),
        row(117, "lying_in_bed", Normal),
        row(118, "locked", Normal),
        row(119, "movement", Normal),
        row(120, "occupancy", Normal),
        row(121, "present", Normal),
        row(122, "radio_interference", Fault),
        row(123, "radio_test_transmission_missing", Fault),
        row(124, "radio_test_transmission_re_established", Normal),
        row(125, "tamper_alarm", Fault),
        row(126, "temperature_rate_of_rise", Alarm),
        row(127, "unlocked", Normal),
    ]
};

/// The row of a number, if it is known.
pub fn lookup(number: u16) -> Option<&'static Row> {
    ROWS.binary_search_by_key(&number, |row| row.number).ok().map(|at| &ROWS[at])
}

/// The severity of a number; alarm for one that is not known, since it may be a person.
pub fn severity(number: u16) -> Severity {
    lookup(number).map_or(Severity::Alarm, |row| row.severity)
}
