"""The core is pure: its object files ask the outside for memory, containers and unwinding only.

symbols.py OBJECT...
"""

import re
import subprocess
import sys

import tree

ALLOWED = [re.compile(pattern) for pattern in (
    # memory and C strings
    r"(mem(chr|cmp|cpy|move|set)|bcmp|strlen|__mem(cpy|move|set)_chk)$",
    r"operator (new|delete)(\[\])?\(",
    # exceptions on their way out
    r"__cxa_(allocate_exception|free_exception|throw|rethrow|begin_catch|end_catch)$",
    r"__cxa_(throw_bad_array_new_length|guard_\w+|call_unexpected)$",
    r"(_Unwind_Resume|__gxx_personality_v0|__stack_chk_fail|__clang_call_terminate)$",
    r"std::(terminate\(\)|__throw_\w+\()",
    r"(vtable|typeinfo|typeinfo name) for (std|__cxxabiv1)::",
    r"std::(exception|bad_alloc|bad_variant_access|bad_optional_access)::",
    r"std::(logic_error|length_error|out_of_range|invalid_argument|runtime_error)::",
    # containers and strings
    r"std::_Rb_tree_\w+\(",
    r"std::_Hash_bytes\(",
    r"std::__detail::(_Prime_rehash_policy::|_List_node_base::|__to_chars_)",
    r"std::(allocator<char>::|__cxx11::basic_string<char, )",
    r"std::pmr::(monotonic_buffer_resource::|get_default_resource\(|memory_resource::)",
    r"(vtable|typeinfo) for std::pmr::",
    r"_GLOBAL_OFFSET_TABLE_$",
    r"__(start|stop)___sancov|__gcov_",
)]


def symbols(objects, *options):
    out = subprocess.run(["nm", "--no-sort", "--format=posix", *options, *objects], check=True,
                         capture_output=True, text=True).stdout
    return {line.split()[0] for line in out.splitlines() if line and not line.endswith(":")}


def demangled(names):
    out = subprocess.run(["c++filt"], input="\n".join(names), check=True, capture_output=True,
                         text=True).stdout
    return out.splitlines()


def main():
    objects = sys.argv[1:]
    if not objects:
        sys.exit("no object files given")
    outside = sorted(symbols(objects, "--undefined-only") - symbols(objects, "--defined-only"))
    unknown = [s for s in demangled(outside) if not any(a.match(s) for a in ALLOWED)]
    tree.conclude((f"the core asks for {s}" for s in unknown),
                  f"{len(objects)} objects, {len(outside)} symbols from outside, all allowed")


main()
