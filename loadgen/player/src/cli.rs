//! The command line of `varde-loadgen`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use traffic::{Mix, Transport};

/// Plays simulated devices at an alarm central: at a demonstration or a load test, never at a real
/// one.
#[derive(Debug, Parser)]
#[command(name = "varde-loadgen", version, after_long_help = traffic::ATTRIBUTION)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) mode: Mode,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Mode {
    /// Plays a small municipality: presses, falls, doses, doors, tests and beats.
    Play(PlayArgs),
    /// Sends alarms at a steady rate, open-loop: latency counts from the intended moment.
    Burst(BurstArgs),
    /// Holds connections that only beat, to see what an idle one costs.
    Idle(IdleArgs),
}

/// What every mode is told.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The engine's addresses.json, in its data folder.
    #[arg(long, value_name = "ADDRESSES.json")]
    pub(crate) engine: PathBuf,
    /// How long to play.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) seconds: u32,
    /// The seed: the same one gives the same devices doing the same.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Keeps the references of runs apart; drawn at random unless given.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) run: Option<u64>,
    /// A folder with ca.pem and ca.key, which issues the certificates of QUIC devices.
    #[arg(long, value_name = "DIR", conflicts_with = "certificates")]
    pub(crate) authority: Option<PathBuf>,
    /// A folder with ca.pem and, for each QUIC device, its own ID.pem and ID.key.
    #[arg(long, value_name = "DIR")]
    pub(crate) certificates: Option<PathBuf>,
    /// The name in the engine's certificate.
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    pub(crate) server_name: String,
    /// Devices that connect in each second of the start.
    #[arg(long, value_name = "N", default_value_t = player::limits::CONNECTS_PER_SECOND)]
    pub(crate) connects_per_second: u32,
    /// Where the JSON report goes; standard output unless given.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Where each receipt is written as it comes: device, reference and Seq, separated by tabs.
    #[arg(long, value_name = "FILE")]
    pub(crate) receipts: Option<PathBuf>,
    /// No line of progress each second on standard error.
    #[arg(long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PlayArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// How many devices.
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(crate) devices: u32,
    /// What they speak; mix is 40 % QUIC, 57 % SIP/TCP, 3 % SIP/UDP.
    #[arg(long, value_enum, default_value_t = Speak::Mix)]
    pub(crate) transport: Speak,
    /// Mean seconds between alarms; 0 plays at the pace of life.
    #[arg(long, value_name = "N", default_value_t = 15)]
    pub(crate) alarm_every: u64,
    /// The hour of the day at the start.
    #[arg(long, value_name = "HOUR", default_value_t = 8, value_parser = clap::value_parser!(u32).range(0..24))]
    pub(crate) hour: u32,
}

#[derive(Debug, Args)]
pub(crate) struct BurstArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Signals a second over all connections.
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) rate: u32,
    /// How many connections, one a device.
    #[arg(long, value_name = "C", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) connections: u32,
    /// What they speak.
    #[arg(long, value_enum, default_value_t = Speak::Mix)]
    pub(crate) transport: Speak,
    /// Kinds to send, each as often: 100 press, 201 bed absence, 600 mains lost, 400 position.
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', default_values_t = [100_u16])]
    pub(crate) kinds: Vec<u16>,
    /// Seconds to connect before the first signal.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) lead: u32,
}

#[derive(Debug, Args)]
pub(crate) struct IdleArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// How many connections, one a device.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) connections: u32,
    /// What they speak.
    #[arg(long, value_enum)]
    pub(crate) transport: Speak,
}

/// What devices speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Speak {
    /// Some of each.
    Mix,
    /// alarm/1 over QUIC.
    Quic,
    /// SCAIP over SIP/TCP.
    Tcp,
    /// SCAIP over SIP/UDP.
    Udp,
}

impl Speak {
    /// The same devices, speaking this.
    pub(crate) fn apply(self, mix: Mix) -> Mix {
        match self {
            Self::Mix => mix,
            Self::Quic => mix.only(Transport::Quic),
            Self::Tcp => mix.only(Transport::Tcp),
            Self::Udp => mix.only(Transport::Udp),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_of_the_documents_are_understood() {
        Cli::command().debug_assert();
        for line in [
            "play --engine a.json --seconds 5 --devices 40 --seed 3 --transport mix --authority d",
            "burst --engine a.json --rate 500 --seconds 10 --connections 50 --receipts r",
            "idle --engine a.json --connections 1000 --transport quic --authority d",
        ] {
            let words = std::iter::once("varde-loadgen").chain(line.split(' '));
            assert!(Cli::try_parse_from(words).is_ok(), "{line}");
        }
        for line in ["play", "idle --engine a --connections 0 --transport tcp", "burst --engine a"]
        {
            let words = std::iter::once("varde-loadgen").chain(line.split(' '));
            assert!(Cli::try_parse_from(words).is_err(), "{line}");
        }
    }
}
