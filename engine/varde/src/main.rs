//! `varde`: a real-time engine for alarm centrals.

mod archive;
mod backup;
mod demo;
mod log;
mod password;
mod person;
mod proof;
mod replay;
mod roots;
mod rules;
mod serve;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use server::config::Config;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A real-time engine for alarm centrals.
///
/// Without a command it starts a demonstration on this machine: an engine with its console, and a
/// small municipality of simulated devices.
#[derive(Parser)]
#[command(version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    place: Place,
}

/// Where to read and keep things.
#[derive(Args, Clone, Debug)]
struct Place {
    /// Configuration (TOML); without it every listener is on 127.0.0.1
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Data folder [default: ./varde-demo for demo, ./varde-data for everything else]
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Start a demonstration with simulated devices (also what a bare `varde` does)
    Demo,
    /// Serve real devices and operators
    Serve {
        /// Go on although the machine's clock is before the log's last entry or 48 h after it
        #[arg(long)]
        accept_clock: bool,
    },
    /// Check the configuration and say what it means; starts nothing
    Check,
    /// Print every entry of a log as a line of JSON, also while its engine runs
    Log {
        /// Open what is sealed too, for who may read the keys; the log notes that you looked
        #[arg(long)]
        open: bool,
        /// Why, noted sealed with --open
        #[arg(long, value_name = "TEXT", requires = "open", default_value = "")]
        reason: String,
        /// Print what an archive keeps instead
        #[arg(long, value_name = "DIR", conflicts_with = "open")]
        archive: Option<PathBuf>,
    },
    /// Persons: who is helped by what, everything about somebody, and forgetting it
    Person {
        #[command(subcommand)]
        command: person::Command,
    },
    /// Check a log's chain and roots and print its last Seq, head and state hash; or check a proof file alone
    Verify {
        /// A proof file: checked without any log
        #[arg(long, value_name = "FILE")]
        proof: Option<PathBuf>,
        /// The centre's public key (roots.pub), as it was handed out
        #[arg(long, value_name = "FILE", requires = "proof")]
        key: Option<PathBuf>,
        /// Check from the first entry on, over this archive too
        #[arg(long, value_name = "DIR", conflicts_with = "proof")]
        archive: Option<PathBuf>,
    },
    /// Make the signed roots of the days that are over, and check those that are there
    Roots {
        /// Print only this UTC day, such as 2026-11-21
        #[arg(long)]
        day: Option<String>,
        /// Only check
        #[arg(long)]
        check: bool,
    },
    /// Write the proof file of one alarm, which anyone can check without the log
    Proof {
        /// The alarm: the Seq of the signal that opened it
        #[arg(long)]
        alarm: u64,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print what others know this centre by
    Authority,
    /// Copy the log, as far as it is durable, to a folder; also of a running engine. Made again it copies only what is new
    Backup {
        /// Where to
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Copy the keys and the authority instead, which must never lie beside the log's backup
        #[arg(long)]
        keys: bool,
    },
    /// Make a new data folder (--data) from a backup or a mirror of the log
    Restore {
        /// The backup
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// The backup of the keys
        #[arg(long, value_name = "DIR")]
        keys: Option<PathBuf>,
    },
    /// Decide a part of the log again and print every decision that differs, as a line of JSON
    Replay(replay::Asked),
    /// Print the rules that decide in a log and those this version has, or choose others
    Rules {
        /// From now on these decide
        #[arg(long, value_name = "N")]
        set: Option<u32>,
    },
    /// Make a device's certificate for `alarm/1`
    Device {
        /// The device's id: letters, digits and hyphens, at most 32
        id: String,
        /// Its municipality: four digits
        #[arg(long)]
        municipality: String,
        /// Where to put ID.pem and ID.key
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Read a password from standard input and print its hash for the configuration
    Password,
}

impl Place {
    fn config(&self) -> Result<Config, String> {
        match &self.config {
            Some(file) => Config::load(file).map_err(|why| why.to_string()),
            None => Ok(Config::default()),
        }
    }

    fn data(&self, default: &str) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from(default))
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let place = &cli.place;
    let ended = match cli.command {
        None | Some(Command::Demo) => demo::run(place),
        Some(Command::Serve { accept_clock }) => serve::run(place, accept_clock),
        Some(Command::Check) => serve::check(place),
        Some(Command::Log { archive: Some(archive), .. }) => archive::log(&archive),
        Some(Command::Log { open: false, .. }) => log::run(&place.data("./varde-data")),
        Some(Command::Log { open: true, reason, .. }) => {
            log::open(&place.data("./varde-data"), &reason)
        }
        Some(Command::Person { command }) => person::run(&place.data("./varde-data"), &command),
        Some(Command::Verify { proof: Some(file), key, .. }) => proof::run(&file, key.as_deref()),
        Some(Command::Verify { archive: Some(archive), .. }) => {
            archive::verify(&place.data("./varde-data"), &archive)
        }
        Some(Command::Verify { .. }) => verify::run(&place.data("./varde-data")),
        Some(Command::Roots { day, check }) => {
            roots::run(&place.data("./varde-data"), day.as_deref(), check)
        }
        Some(Command::Proof { alarm, out }) => {
            roots::prove(&place.data("./varde-data"), alarm, &out)
        }
        Some(Command::Authority) => roots::authority(&place.data("./varde-data")),
        Some(Command::Backup { to, keys: false }) => backup::log(&place.data("./varde-data"), &to),
        Some(Command::Backup { to, keys: true }) => {
            backup::secrets(&place.data("./varde-data"), &to)
        }
        Some(Command::Restore { from, keys }) => {
            backup::restore(&from, &place.data("./varde-data"), keys.as_deref())
        }
        Some(Command::Replay(asked)) => replay::run(&place.data("./varde-data"), &asked),
        Some(Command::Rules { set }) => rules::run(&place.data("./varde-data"), set),
        Some(Command::Device { id, municipality, out }) => {
            serve::device(place, &id, &municipality, &out)
        }
        Some(Command::Password) => password::run(),
    };
    match ended {
        Ok(code) => code,
        Err(why) => {
            eprintln!("varde: {why}");
            ExitCode::from(1)
        }
    }
}
