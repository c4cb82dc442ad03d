//! The configuration file: TOML, every field known, every default on loopback.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use central::entry::{Role, Scope};
use central::words::Municipality;
use serde::Deserialize;

/// All of it. An empty file is a whole configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `real` or `load_test`; a demonstration is started with `varde demo`.
    pub purpose: Purpose,
    /// Where to listen.
    pub listen: Listen,
    /// The log.
    pub log: Log,
    /// How long what is in the archive, and in history, is kept whole.
    pub retention: Retention,
    /// Snapshots.
    pub snapshot: Snapshot,
    /// SIP.
    pub sip: Sip,
    /// The municipalities served, by number.
    pub municipality: Vec<MunicipalityName>,
    /// Who may log in with a password.
    pub operator: Vec<Operator>,
}

/// What the log of this configuration is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Real persons.
    #[default]
    Real,
    /// A load test; pages say so, and the load generator may play against it.
    LoadTest,
}

/// Addresses; port 0 picks one, and `addresses.json` tells which.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// SIP over UDP and TCP.
    pub sip: SocketAddr,
    /// SIP over TLS.
    pub sip_tls: SocketAddr,
    /// `alarm/1` over QUIC.
    pub quic: SocketAddr,
    /// The console and its API.
    pub console: SocketAddr,
    /// Health and metrics.
    pub ops: SocketAddr,
}

impl Default for Listen {
    fn default() -> Self {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self { sip: at(5060), sip_tls: at(5061), quic: at(4433), console: at(8080), ops: at(8081) }
    }
}

/// The log.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Size of a segment in MiB, 1 to 1024.
    pub segment_mib: u32,
    /// A folder on a second disk that gets the same bytes; left out: none.
    pub mirror: Option<PathBuf>,
    /// Where segments go before the log lets go of them.
    pub archive: Option<PathBuf>,
    /// Days a segment stays in the log before it goes to the archive; left out: for ever.
    pub keep_days: Option<u32>,
}

/// Days that the bodies of entries are kept in the archive, by class; left out: for ever. What is over is replaced by its
/// hash, so that the chain is whole and everything kept can still be proved. Rows of history are deleted after the same
/// days, see `docs/projections.md`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Doses, positions, resets, measurements; hops and counts.
    pub telemetry: Option<u32>,
    /// Test signals.
    pub test: Option<u32>,
    /// Technical signals.
    pub technical: Option<u32>,
    /// Signals of the class person.
    pub person: Option<u32>,
    /// Life-safety signals.
    pub life_safety: Option<u32>,
    /// What operators did.
    pub acts: Option<u32>,
}

impl Retention {
    /// With the names they have in the configuration.
    pub fn each(&self) -> [(&'static str, Option<u32>); 6] {
        [
            ("telemetry", self.telemetry),
            ("test", self.test),
            ("technical", self.technical),
            ("person", self.person),
            ("life_safety", self.life_safety),
            ("acts", self.acts),
        ]
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { segment_mib: 64, mirror: None, archive: None, keep_days: None }
    }
}

/// Snapshots of what the log came to.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Snapshot {
    /// After so many entries the next is written, 100 to 10 000 000; about what a start has to fold at most.
    pub every_entries: u64,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self { every_entries: 100_000 }
    }
}

/// SIP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sip {
    /// The municipality of a unit of which nothing else is known, four digits; "0000" if none.
    pub municipality: String,
    /// The name this receiver gives itself in its own messages.
    pub domain: String,
}

impl Default for Sip {
    fn default() -> Self {
        Self { municipality: "0000".to_owned(), domain: "varde.invalid".to_owned() }
    }
}

/// A municipality served.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MunicipalityName {
    /// Four digits.
    pub number: String,
    /// As operators read it.
    pub name: String,
}

/// An account with a password.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// User name.
    pub name: String,
    /// An Argon2 hash as `varde password` prints it.
    pub password: String,
    /// `viewer`, `operator` or `leader`.
    pub role: RoleName,
    /// Municipality numbers; left out: all.
    #[serde(default)]
    pub municipalities: Option<Vec<String>>,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A role by name.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    /// Sees only.
    Viewer,
    /// Handles alarms.
    Operator,
    /// Handles alarms and lets others in.
    Leader,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Operator => Self::Operator,
            RoleName::Leader => Self::Leader,
        }
    }
}

/// Why a configuration is refused: one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read the configuration {file}: {why}; name another with --config")]
    Unreadable {
        /// Which.
        file: String,
        /// Why.
        why: std::io::Error,
    },
    /// Not TOML, or a field that does not exist.
    #[error("the configuration {file} is wrong: {why}")]
    Syntax {
        /// Which.
        file: String,
        /// With line and caret.
        why: String,
    },
    /// A value out of its range.
    #[error("the configuration is wrong: {0}")]
    Value(String),
}

impl Config {
    /// Reads and checks a file.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|why| ConfigError::Unreadable { file: name.clone(), why })?;
        let config: Self = toml::from_str(&text)
            .map_err(|why| ConfigError::Syntax { file: name, why: why.to_string() })?;
        config.check()?;
        Ok(config)
    }

    /// Checks what TOML cannot.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !(1..=1024).contains(&self.log.segment_mib) {
            return Err(ConfigError::Value(format!(
                "log.segment_mib is {}; it may be 1 to 1024",
                self.log.segment_mib
            )));
        }
        self.check_keeping()?;
        if !(100..=10_000_000).contains(&self.snapshot.every_entries) {
            return Err(ConfigError::Value(format!(
                "snapshot.every_entries is {}; it may be 100 to 10000000",
                self.snapshot.every_entries
            )));
        }
        self.default_municipality()?;
        self.names()?;
        if rustls::pki_types::ServerName::try_from(self.sip.domain.as_str()).is_err() {
            return Err(ConfigError::Value(format!(
                "sip.domain is \"{}\"; it must be a host name or an address, for it stands in certificates",
                self.sip.domain
            )));
        }
        for operator in &self.operator {
            if !operator.scope()?.within_limit() {
                return Err(ConfigError::Value(format!(
                    "operator {} has more than {} municipalities; leave the list out for all",
                    operator.name,
                    central::limits::SCOPE
                )));
            }
            if !crate::api::is_name(&operator.name) {
                return Err(ConfigError::Value(format!(
                    "operator name {:?} is empty, too long or has control characters; use at most 64 bytes of text",
                    operator.name
                )));
            }
            if !operator.password.starts_with("$argon2") {
                return Err(ConfigError::Value(format!(
                    "the password of operator {} is not an Argon2 hash; make one with `varde password`",
                    operator.name
                )));
            }
        }
        Ok(())
    }

    /// Where the log is kept, and for how long.
    fn check_keeping(&self) -> Result<(), ConfigError> {
        let wrong = |why: String| Err(ConfigError::Value(why));
        let Log { mirror, archive, keep_days, .. } = &self.log;
        for (name, days) in [("log.keep_days", *keep_days)].into_iter().chain(self.retention.each())
        {
            if days == Some(0) {
                return wrong(format!(
                    "{name} is 0; leave it out to keep for ever, or give 1 or more"
                ));
            }
        }
        if keep_days.is_some() && archive.is_none() {
            return wrong("log.keep_days is set and log.archive is not; name a folder there: the log lets go of nothing before it is archived".into());
        }
        if mirror.is_some() && mirror == archive {
            return wrong(
                "log.mirror and log.archive are the same folder; give each its own".into(),
            );
        }
        Ok(())
    }

    /// The municipality of a SIP unit of which nothing else is known.
    pub fn default_municipality(&self) -> Result<Municipality, ConfigError> {
        municipality("sip.municipality", &self.sip.municipality)
    }

    /// Names by number.
    pub fn names(&self) -> Result<BTreeMap<Municipality, String>, ConfigError> {
        let named = |entry: &MunicipalityName| {
            municipality("municipality.number", &entry.number)
                .map(|number| (number, entry.name.clone()))
        };
        self.municipality.iter().map(named).collect()
    }
}

impl Operator {
    /// Where this operator may act.
    pub fn scope(&self) -> Result<Scope, ConfigError> {
        let Some(numbers) = &self.municipalities else { return Ok(Scope::All) };
        let each = numbers.iter().map(|number| municipality("operator.municipalities", number));
        let mut numbers = each.collect::<Result<Vec<_>, _>>()?;
        numbers.sort_unstable();
        Ok(Scope::Only(numbers))
    }
}

/// Four digits.
pub fn municipality(field: &str, text: &str) -> Result<Municipality, ConfigError> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.map(Municipality).ok_or_else(|| {
        ConfigError::Value(format!(
            "{field} is \"{text}\"; it must be four digits such as \"0301\""
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        let config: Config = toml::from_str(text).map_err(|why| why.to_string())?;
        config.check().map_err(|why| why.to_string())?;
        Ok(config)
    }

    #[test]
    fn an_empty_file_is_loopback() {
        let config = parse("").unwrap();
        assert!(config.listen.sip.ip().is_loopback() && config.listen.console.port() == 8080);
    }

    #[test]
    fn a_wrong_line_is_named() {
        let told = parse("[listen]\nsip = \"127.0.0.1:5060\"\nspi = 1\n").unwrap_err();
        assert!(told.contains("line 3") && told.contains("spi"), "{told}");
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for (text, word) in [
            ("[log]\nsegment_mib = 0", "segment_mib"),
            ("[snapshot]\nevery_entries = 99", "every_entries"),
            ("[sip]\nmunicipality = \"301\"", "four digits"),
            ("[[municipality]]\nnumber = \"03a1\"\nname = \"x\"", "four digits"),
            ("[[operator]]\nname=\"a\"\npassword=\"secret\"\nrole=\"leader\"", "varde password"),
            ("[[operator]]\nname=\"\"\npassword=\"$argon2\"\nrole=\"leader\"", "empty"),
            ("[sip]\ndomain = \"not a name\"", "sip.domain"),
            ("[log]\nkeep_days = 0\narchive = \"a\"", "keep_days is 0"),
            ("[log]\nkeep_days = 30", "log.archive"),
            ("[retention]\ntelemetry = 0", "telemetry is 0"),
            ("[log]\nmirror = \"a\"\narchive = \"a\"", "same folder"),
        ] {
            let told = parse(text).unwrap_err();
            assert!(told.contains(word) && !told.contains("secret"), "{told}");
        }
    }
}
