// Memory that can run out: every allocation of this process can be made to fail.
#pragma once

namespace holdfast::test {

/// The allocation number `nth` from now, counted from 1, fails; `lasting`: and so does every later
/// one, until feed(). Without a sanitizer that is every malloc of the process, libpq's and SQLite's
/// too; with one, every `new` and every allocation of SQLite's.
void starve(int nth, bool lasting);
/// No allocation fails any more. Whether one has.
bool feed();

}  // namespace holdfast::test
