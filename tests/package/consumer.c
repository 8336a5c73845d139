/* What a C host does: opens a database, migrates it, closes it. */
#include <holdfast.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char** argv) {
  const char* uri = argc > 1 ? argv[1] : "memory:";
  holdfast_error error = {.struct_size = sizeof error};
  holdfast_options options = {.struct_size = sizeof options,
                              .abi_version = HOLDFAST_ABI_VERSION,
                              .uri = {uri, strlen(uri)}};
  holdfast_engine engine = 0;
  holdfast_result* migrated = NULL;
  if (holdfast_open(&options, &engine, &error) ||
      holdfast_migrate(engine, NULL, &migrated, &error)) {
    printf("%s %s\n", uri, holdfast_status_name(error.status));
    return 1;
  }
  printf("%s %s\n", uri, holdfast_outcome_name(holdfast_result_outcome(migrated)));
  holdfast_result_free(migrated);
  return holdfast_close(engine, &error);
}
