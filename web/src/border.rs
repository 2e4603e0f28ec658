//! The functions that JavaScript calls.
//!
//! Rule: a caller writes the request, then each archive, into memory that [`sixslot_alloc`] gave; [`sixslot_answer`] takes all of
//! them. No pointer is read here: both sides see the module's memory, and this side reads its own vectors.

use crate::Engine;
use std::cell::RefCell;

#[derive(Default)]
struct Border {
    engine: Engine,
    /// The request and the archives, in the order in which their memory was asked for.
    parts: Vec<Vec<u8>>,
    answer: Vec<u8>,
}

thread_local! {
    static BORDER: RefCell<Border> = RefCell::default();
}

/// Memory for the next part of a request, zeroed; null if there is none.
#[allow(unsafe_code, reason = "an exported name; there is no other function of this name")]
#[unsafe(no_mangle)]
pub extern "C" fn sixslot_alloc(length: usize) -> *mut u8 {
    BORDER.with_borrow_mut(|border| {
        let mut part = Vec::new();
        if part.try_reserve_exact(length).is_err() {
            return std::ptr::null_mut();
        }
        part.resize(length, 0);
        border.parts.push(part);
        border.parts.last_mut().map_or(std::ptr::null_mut(), |part| part.as_mut_ptr())
    })
}

/// Answers the request in the first part, with the other parts as its archives. The answer's place; its length is
/// [`sixslot_length`].
#[allow(unsafe_code, reason = "an exported name; there is no other function of this name")]
#[unsafe(no_mangle)]
pub extern "C" fn sixslot_answer() -> *const u8 {
    BORDER.with_borrow_mut(|border| {
        let mut parts = std::mem::take(&mut border.parts).into_iter();
        let request = parts.next().unwrap_or_default();
        border.answer = border.engine.answer(&request, parts.collect());
        border.answer.as_ptr()
    })
}

/// The length of the last answer in bytes.
#[allow(unsafe_code, reason = "an exported name; there is no other function of this name")]
#[unsafe(no_mangle)]
pub extern "C" fn sixslot_length() -> usize {
    BORDER.with_borrow(|border| border.answer.len())
}

/// Frees the answer, and parts that were not used.
#[allow(unsafe_code, reason = "an exported name; there is no other function of this name")]
#[unsafe(no_mangle)]
pub extern "C" fn sixslot_free() {
    BORDER.with_borrow_mut(|border| {
        border.parts = Vec::new();
        border.answer = Vec::new();
    });
}
