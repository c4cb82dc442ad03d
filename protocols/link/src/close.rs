//! QUIC application error codes: why a connection is closed or a stream is reset.

/// The centre or the device is stopping; reconnect by the reconnect rule.
pub const GOING_AWAY: u32 = 0;
/// The certificate names no device: CN or O is missing or out of form. Do not reconnect with it.
pub const NO_IDENTITY: u32 = 1;
/// The certificate is revoked or the device is taken out of service. Do not reconnect with it.
pub const NOT_ALLOWED: u32 = 2;
/// The same device opened a newer connection; only the newest is kept.
pub const REPLACED: u32 = 3;
/// The centre takes no more connections; reconnect by the reconnect rule.
pub const OVERLOADED: u32 = 4;
/// On a stream: the message was given up (too long, or not finished in time).
pub const STREAM_GIVEN_UP: u32 = 5;
