//! The analyses as one function from JSON to JSON, and as a WebAssembly module without imports.
//!
//! Rule: an answer is a function of the request alone, and has the bytes of the command's JSON where the command answers the
//! same question. What cannot be answered is an answer too, `{"error": ...}`. A page ends a long question by ending its
//! worker.
//!
//! ```
//! let request = br#"{"question": "check", "scenario": {"name": "page.toml", "text": "schema = 2"}}"#;
//! let answer = sixslot_web::Engine::default().answer(request, Vec::new());
//! assert!(String::from_utf8_lossy(&answer).contains(r#""line":1,"column":10"#));
//! ```

mod archives;
mod border;
mod engine;
mod loads;
mod question;
mod refusal;
mod scenario;

pub use engine::Engine;
