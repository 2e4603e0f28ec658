//! The same answers as the WebAssembly module gives, from this machine's own code: a request on each line of standard input, an
//! answer on each line of standard output. `web/tests/engine.mjs` compares the two.

use sixslot_web::Engine;
use std::io::{BufRead as _, Write as _};

fn main() -> std::io::Result<()> {
    let mut engine = Engine::default();
    for line in std::io::stdin().lock().lines() {
        // A request, then the archives that it names, separated by tabs.
        let line = line?;
        let mut parts = line.split('\t');
        let request = parts.next().unwrap_or_default();
        let archives = parts.map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
        let mut out = std::io::stdout().lock();
        out.write_all(&engine.answer(request.as_bytes(), archives))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
