//! The `sixslot` command.

fn main() -> std::process::ExitCode {
    experiments::command::main()
}
