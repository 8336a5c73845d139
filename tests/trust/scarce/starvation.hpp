// Memory that can run out: every allocation of this process can be made to fail.
#pragma once

namespace holdfast::test {

enum class Whose {
  kEverybodys,  ///< without a sanitizer every malloc of the process, libpq's and SQLite's too; with
                ///< one, every `new` and every allocation of SQLite's
  kOurs,        ///< every `new`: what the library asks for itself, and through the standard library
};

/// The allocation number `nth` from now, counted from 1, fails; `lasting`: and so does every later
/// one, until feed().
void starve(int nth, bool lasting, Whose whose = Whose::kEverybodys);
/// No allocation fails any more. Whether one has.
bool feed();

}  // namespace holdfast::test
