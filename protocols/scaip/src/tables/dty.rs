//! `dty`: what kind of device sent or triggered the message.

use super::{Row, find, row};

/// The known codes, by number.
pub const ROWS: [Row; 51] = [
    row(0, "unknown"),
    row(1, "undefined"),
    row(2, "local_unit_and_controller"),
    row(3, "personal_trigger"),
    row(4, "fixed_trigger"),
    row(5, "fall_detector"),
    row(6, "personal_attack_trigger"),
    row(7, "panic_button"),
    row(8, "duty_switch_remote"),
    row(9, "duty_switch_local"),
    row(10, "activity_detector"),
    row(11, "pill_dispenser"),
    row(12, "bed_monitor"),
    row(13, "mat_sensor"),
    row(14, "door_sensor"),
    row(15, "wandering_sensor"),
    row(16, "enuresis_detector"),
    row(17, "epilepsy_detector"),
    row(18, "occupancy_detector"),
    row(19, "heart_rate_monitor"),
    row(20, "environmental_monitor"),
    row(21, "gas_detector"),
    row(22, "lighting_circuit_monitor"),
    row(23, "smoke_detector"),
    row(24, "heating_system_monitor"),
    row(25, "heat_detector"),
    row(26, "carbon_monoxide_detector"),
    row(27, "bogus_caller_switch"),
    row(28, "intruder_detector"),
    row(29, "boundary_detector"),
    row(30, "automatic_man_down_detector"),
    row(31, "system_monitor"),
    row(32, "communication_link_monitor"),
    row(33, "flood_detector"),
    row(34, "bath_sensor"),
    row(35, "latch_key"),
    row(36, "perimeter"),
    row(37, "sprinkler"),
    row(38, "tamper"),
    row(39, "printer"),
    row(40, "router"),
    row(41, "power_supply"),
    row(43, "access_controller"),
    row(44, "chair_monitor"),
    row(45, "controller"),
    row(46, "elevator_alarm_unit"),
    row(47, "fire_alarm_system"),
    row(48, "local_unit"),
    row(49, "monitoring_device"),
    row(50, "radio_unit"),
    row(51, "tracking_device"),
];

/// The row of a number, if it is known.
pub fn lookup(number: u16) -> Option<&'static Row> {
    find(&ROWS, number)
}
