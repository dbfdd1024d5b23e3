# Sourced by scripts/test: runs named steps, and tells at the end how long each took and which failed.

step_names=() step_results=() step_seconds=() steps_failed=()

# step NAME COMMAND...: runs the command unless other steps were asked for; goes on after a failure.
step() {
  local name=$1 start=$SECONDS result=ok
  shift
  if [ ${#steps_wanted[@]} -gt 0 ] && [[ " ${steps_wanted[*]} " != *" $name "* ]]; then return 0; fi
  printf '\n=== %s\n' "$name"
  # A function called in a condition would run without `set -e`, hence the subshell.
  set +e
  (set -e; "$@")
  [ $? -eq 0 ] || { result=FAILED; steps_failed+=("$name"); }
  set -e
  step_names+=("$name") step_results+=("$result") step_seconds+=($((SECONDS - start)))
}

# Prints the table. Fails if a step failed, or if a step was asked for that does not exist.
steps_end() {
  local index wanted
  for wanted in ${steps_wanted[@]+"${steps_wanted[@]}"}; do
    if [[ " ${step_names[*]-} " != *" $wanted "* ]]; then
      echo "error: no such step: $wanted; hint: the names are in scripts/test" >&2
      return 2
    fi
  done
  printf '\n%-16s %8s  %s\n' step seconds result
  for index in "${!step_names[@]}"; do
    printf '%-16s %8d  %s\n' "${step_names[$index]}" "${step_seconds[$index]}" "${step_results[$index]}"
  done
  printf '%-16s %8d\n' total "$SECONDS"
  if [ ${#steps_failed[@]} -gt 0 ]; then
    printf '\nFAILED: %s\n' "${steps_failed[*]}"
    return 1
  fi
}
