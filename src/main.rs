//! The `voxaudit` program: see [`voxaudit::cli`].

fn main() -> std::process::ExitCode {
    voxaudit::cli::main()
}
