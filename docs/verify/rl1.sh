#!/usr/bin/env bash
# Holds an RL1 lottery again with bash and coreutils alone (sha256sum, sort, cut, tr, wc), and
# says whether it is, byte for byte, the one that was published. No network, nothing installed.
#
#   rl1.sh PACKAGE [PUBLIC]           the restricted package; compared with the public one if named
#   rl1.sh --public PUBLIC            the public package alone: its digests and its draw key
#   rl1.sh --person PSEUDONYM BLOCK PUBLIC     one household's ticket, and its side of the cut-offs
#
# Ends 0 when everything agrees, 76 when something does not (it is named), 66 when a file is
# missing, 64 when it is called in another way.
set -euo pipefail
export LC_ALL=C
TAB=$'\t'
readonly ALPHABET='^[0-9A-Za-z_-]{1,64}$'
readonly NUMBER='(0|[1-9][0-9]{0,9})'
readonly SIGNED='(0|-?[1-9][0-9]{0,17})'
readonly BOUND='(0|[1-9][0-9]{0,17})'
readonly BATCH=2000                   # tickets computed by one run of sha256sum

refuse() { printf 'NOT VERIFIED  %s: %s\n' "$1" "$2" >&2; exit 76; }
missing() { printf 'NOT READ  %s: no such file\n' "$1" >&2; exit 66; }
usage() {
  local line
  while IFS= read -r line; do
    case $line in '#   rl1.sh'*) printf '%s\n' "${line#\#   }" ;; esac
  done < "${BASH_SOURCE[0]}" >&2
  exit 64
}

hash_of_file() { local out; out=$(sha256sum < "$1"); printf '%s' "${out%% *}"; }
hash_of_text() { local out; out=$(printf "$@" | sha256sum); printf '%s' "${out%% *}"; }

# The draw key K: it binds the seed to one protocol, one frame and one table of quotas.
key_of() { hash_of_text 'RL1\nprotocol=%s\nframe=%s\nquota=%s\nseed=%s\n' "$@"; }

# The key of attempt j of a re-randomised draw.
attempt_key() { hash_of_text 'RL1 attempt\n%s\ncovariates=%s\nbounds=%s\n%s\n' "$@"; }

is_file() { [ -f "$1" ] || missing "$1"; }

# ---------------------------------------------------------------- reading, strictly

# Every byte of a file of lines is one RL1 admits, its lines are sorted, its last one is ended.
check_lines() {  # FILE
  local name=${1##*/}
  [ "$(tr -d '0-9A-Za-z_\t\n-' < "$1" | wc -c)" -eq 0 ] || refuse "$name" "a byte outside the alphabet"
  [ ! -s "$1" ] || [ -z "$(tail -c 1 "$1")" ] || refuse "$name" "the last line has no line feed"
  sort -c "$1" 2> /dev/null || refuse "$name" "the lines are not sorted by byte"
  [ -z "$(cut -f1 "$1" | uniq -d)" ] || refuse "$name" "a line is there twice"
}

read_package() {  # FOLDER
  local folder=$1 file unit stratum rest row
  local -a cells
  RULE=quota.tsv
  [ ! -e "$folder/odds.tsv" ] || RULE=odds.tsv
  for file in protocol.txt frame.tsv "$RULE" excl.txt seed.txt assignment.tsv; do
    is_file "$folder/$file"
  done
  for file in frame.tsv "$RULE" excl.txt; do check_lines "$folder/$file"; done

  unset units stratum_of places live covariates bounds is_excluded
  declare -ga units=() covariates=() bounds=()
  declare -gA stratum_of=() places=() live=() is_excluded=()
  while IFS= read -r unit; do
    [[ $unit =~ $ALPHABET ]] || refuse excl.txt "a line is not a unit"
    is_excluded[$unit]=1
  done < "$folder/excl.txt"
  while IFS= read -r row; do
    [[ $row =~ ^[0-9A-Za-z_-]{1,64}($TAB$NUMBER){2,}$ ]] || refuse "$RULE" "a line is not in RL1's form"
    places[${row%%"$TAB"*}]=${row#*"$TAB"}
    live[${row%%"$TAB"*}]=0
    IFS=$TAB read -r -a cells <<< "${row#*"$TAB"}"
    [ "${#cells[@]}" -eq "${ARMS:=${#cells[@]}}" ] || refuse "$RULE" "the lines have not one number of arms"
  done < "$folder/$RULE"
  while IFS= read -r row; do
    unit=${row%%"$TAB"*}; stratum=${row#*"$TAB"}
    [[ $unit =~ $ALPHABET && $stratum =~ $ALPHABET ]] || refuse frame.tsv "a line is not in RL1's form"
    [ -n "${places[$stratum]:-}" ] || refuse frame.tsv "a block has no line in $RULE"
    units+=("$unit"); stratum_of[$unit]=$stratum
    [ -n "${is_excluded[$unit]:-}" ] || live[$stratum]=$((live[$stratum] + 1))
  done < "$folder/frame.tsv"
  [ "${#units[@]}" -gt 0 ] || refuse frame.tsv "the file is empty"
  for unit in "${!is_excluded[@]}"; do
    [ -n "${stratum_of[$unit]:-}" ] || refuse excl.txt "an excluded unit is not in the frame"
  done
  if [ "$RULE" = quota.tsv ]; then
    for stratum in "${!places[@]}"; do
      rest=${places[$stratum]//$TAB/+}
      [ $((rest)) -le "${live[$stratum]}" ] || refuse quota.tsv "more places than units in a block"
    done
  else
    [ "$ARMS" -eq 2 ] || refuse odds.tsv "odds are two numbers"
  fi
  LETTERS=(T C)
  if [ "$ARMS" -gt 2 ]; then
    LETTERS=()
    for ((row = 1; row <= ARMS; row++)); do LETTERS+=("$row"); done
  fi
  read_seed "$folder/seed.txt"
  if [ -e "$folder/covariates.tsv" ]; then read_covariates "$folder"; fi
}

# One admissible spelling of the seed: two spellings of one event would be two draws.
read_seed() {  # FILE
  local source number last
  local -a sources numbers
  [ "$(tr -d '!-~' < "$1" | wc -c)" -eq 0 ] || refuse seed.txt "a space, a line end or a byte outside ASCII"
  SEED=$(cat "$1")
  [ "${#SEED}" -le 512 ] || refuse seed.txt "longer than 512 bytes"
  case $SEED in
    text:*) [[ ${SEED#text:} =~ ^[0-9A-Za-z_.-]{1,64}$ ]] || refuse seed.txt "not canonical" ;;
    dice:*) [[ ${SEED#dice:} =~ ^[0-9]+$ ]] || refuse seed.txt "not canonical" ;;
    drand:*) [[ ${SEED#drand:} =~ ^[0-9a-z-]+:[1-9][0-9]*:[0-9a-f]{64}$ ]] || refuse seed.txt "not canonical" ;;
    rfc3797:*)
      [[ ${SEED#rfc3797:} =~ ^(((0|[1-9][0-9]*)\.)+/)+$ ]] || refuse seed.txt "not canonical"
      IFS=/ read -r -a sources <<< "${SEED#rfc3797:}"
      for source in "${sources[@]}"; do
        IFS=. read -r -a numbers <<< "$source"
        last=0
        for number in "${numbers[@]}"; do
          [ "${#number}" -le 18 ] || continue
          [ "$number" -ge "$last" ] || refuse seed.txt "the numbers of a source are not sorted"
          last=$number
        done
      done ;;
    *) refuse seed.txt "not a kind of seed that RL1 knows" ;;
  esac
}

read_covariates() {  # FOLDER
  local row n=0
  is_file "$1/bounds.tsv"
  check_lines "$1/covariates.tsv"
  while IFS= read -r row; do
    [[ $row =~ ^[0-9A-Za-z_-]{1,64}($TAB$SIGNED)+$ ]] || refuse covariates.tsv "a line is not in RL1's form"
    [ "${row%%"$TAB"*}" = "${units[n]:-}" ] || refuse covariates.tsv "the units are not those of the frame"
    covariates+=("${row#*"$TAB"}")
    n=$((n + 1))
  done < "$1/covariates.tsv"
  [ "$n" -eq "${#units[@]}" ] || refuse covariates.tsv "the units are not those of the frame"
  IFS= read -r row < "$1/bounds.tsv" || refuse bounds.tsv "the last line has no line feed"
  [[ $row =~ ^$BOUND($TAB$BOUND)*$ ]] || refuse bounds.tsv "not one line of whole numbers"
  IFS=$TAB read -r -a bounds <<< "$row"
  [ "$(printf '%s\n' "$row" | hash_stdin)" = "$(hash_of_file "$1/bounds.tsv")" ] || refuse bounds.tsv "more than one line"
  check_size
  IFS=$TAB read -r -a row <<< "${covariates[0]}"
  [ "${#bounds[@]}" -eq "${#row[@]}" ] || refuse bounds.tsv "not one bound a covariate"
}

# Sums must stay within the 63 bits that bash counts in: a wrong sum would be worse than none.
check_size() {
  local row value largest=0
  local -a values
  for row in "${covariates[@]}"; do
    IFS=$TAB read -r -a values <<< "$row"
    for value in "${values[@]}"; do
      value=${value#-}
      [ "$value" -le "$largest" ] || largest=$value
    done
  done
  if [ "$largest" -gt $((9223372036854775807 / (${#units[@]} * ${#units[@]}))) ]; then
    printf 'NOT READ  covariates.tsv: numbers too large for bash; use another verifier\n' >&2
    exit 66
  fi
}

hash_stdin() { local out; out=$(sha256sum); printf '%s' "${out%% *}"; }

# ---------------------------------------------------------------- holding the lottery

# Tickets of all units under a key, into `tickets`: their texts become files, hashed many at a time.
compute_tickets() {  # KEY
  local start n hash rest
  tickets=()
  for ((start = 0; start < ${#units[@]}; start += BATCH)); do
    rm -rf "$SCRATCH/t"; mkdir "$SCRATCH/t"
    for ((n = start; n < start + BATCH && n < ${#units[@]}; n++)); do
      printf 'RL1 ticket\n%s\n%s\n' "$1" "${units[n]}" > "$SCRATCH/t/$((1000000000 + n))"
    done
    while read -r hash rest; do tickets+=("$hash"); done < <(cd "$SCRATCH/t" && sha256sum -- *)
  done
}

# The last ticket that is T at odds a/b: the largest t with t * b < a * 2^256, in 16 bits at a time.
last_offered() {  # A B
  local remainder=$(($1 - 1)) digits='' i
  if [ "$1" -eq 0 ]; then printf -- '-'; return; fi
  if [ "$1" -ge "$2" ]; then printf 'f%.0s' {1..64}; return; fi
  for ((i = 0; i < 16; i++)); do
    remainder=$((remainder * 65536 + 65535))
    digits+=$(printf '%04x' $((remainder / $2)))
    remainder=$((remainder % $2))
  done
  printf '%s' "$digits"
}

arm_of_rank() {  # RANK TICKET STRATUM
  local arm number last
  local -a numbers
  IFS=$TAB read -r -a numbers <<< "${places[$3]}"
  if [ "$RULE" = odds.tsv ]; then
    last=${cutoff_of[$3]:-}
    if [ -z "$last" ]; then
      last=$(last_offered "${numbers[0]}" "${numbers[1]}")
      cutoff_of[$3]=$last
    fi
    ARM=C
    if [ "$last" != - ] && [[ ! $2 > $last ]]; then ARM=T; fi
    return
  fi
  number=$1
  ARM=R
  for arm in "${!numbers[@]}"; do
    if [ "$number" -le "${numbers[arm]}" ]; then ARM=${LETTERS[arm]}; return; fi
    number=$((number - numbers[arm]))
  done
}

# assignment.tsv under a key, into $SCRATCH/assignment.tsv; the arm of each unit into `arm_of`.
allocate() {  # KEY
  local n unit stratum ticket flag rank=0 before=''
  compute_tickets "$1"
  declare -gA arm_of=() cutoff_of=()
  for n in "${!units[@]}"; do
    unit=${units[n]}
    printf '%s\t%s\t%s\t%s\n' "${stratum_of[$unit]}" "${is_excluded[$unit]:-0}" "${tickets[n]}" "$unit"
  done | sort -t "$TAB" -k1,1 -k2,2 -k3,3 -k4,4 > "$SCRATCH/sorted"
  while IFS=$TAB read -r stratum flag ticket unit; do
    if [ "$stratum" != "$before" ]; then before=$stratum; rank=0; fi
    if [ "$flag" = 1 ]; then
      arm_of[$unit]=X
      printf '%s\t%s\t-\tX\t%s\n' "$unit" "$stratum" "$ticket"
    else
      rank=$((rank + 1))
      arm_of_rank "$rank" "$ticket" "$stratum"
      arm_of[$unit]=$ARM
      printf '%s\t%s\t%s\t%s\t%s\n' "$unit" "$stratum" "$rank" "$ARM" "$ticket"
    fi
  done < "$SCRATCH/sorted" > "$SCRATCH/assignment.tsv"
}

# Whether |n_C * sum over T - n_T * sum over C|, over all strata, is within the bound of every
# covariate: whole numbers only.
is_balanced() {
  local n unit stratum c side total offered=0 control=0
  local -a values quota
  local -A sum=()
  for stratum in "${!places[@]}"; do
    IFS=$TAB read -r -a quota <<< "${places[$stratum]}"
    offered=$((offered + quota[0])); control=$((control + quota[1]))
  done
  for n in "${!units[@]}"; do
    unit=${units[n]}
    case ${arm_of[$unit]} in T | C) ;; *) continue ;; esac
    side=$control
    [ "${arm_of[$unit]}" = T ] || side=$((-offered))
    IFS=$TAB read -r -a values <<< "${covariates[n]}"
    for c in "${!bounds[@]}"; do
      sum[$c]=$((${sum[$c]:-0} + side * values[c]))
    done
  done
  for c in "${!bounds[@]}"; do
    total=${sum[$c]:-0}
    [ "${total#-}" -le "${bounds[c]}" ] || return 1
  done
}

verify_package() {  # FOLDER [PUBLIC]
  local folder=$1 attempt=''
  [ -d "$folder" ] || missing "$folder"
  if [ -e "$folder/sha256sums.txt" ]; then
    (cd "$folder" && sha256sum --check --strict --quiet sha256sums.txt) \
      || refuse sha256sums.txt "a file is not the one that is listed"
  fi
  read_package "$folder"
  P=$(hash_of_file "$folder/protocol.txt")
  F=$(hash_of_file "$folder/frame.tsv")
  Q=$(hash_of_file "$folder/$RULE")
  X=$(hash_of_file "$folder/excl.txt")
  K=$(key_of "$P" "$F" "$Q" "$SEED")
  if [ "${#covariates[@]}" -gt 0 ]; then
    [ "$ARMS" -eq 2 ] || refuse quota.tsv "a re-randomised draw has two arms"
    V=$(hash_of_file "$folder/covariates.tsv"); B=$(hash_of_file "$folder/bounds.tsv")
    for ((attempt = 0; ; attempt++)); do
      allocate "$(attempt_key "$K" "$V" "$B" "$attempt")"
      ! is_balanced || break
      [ "$attempt" -lt 100000 ] || refuse bounds.tsv "no attempt is within the bounds"
    done
  else
    allocate "$K"
  fi
  A=$(hash_of_file "$folder/assignment.tsv")
  printf 'protocol    P  %s\nframe       F  %s\nquotas      Q  %s\nexclusions  X  %s\n' "$P" "$F" "$Q" "$X"
  printf 'draw key    K  %s\n' "$K"
  [ -z "$attempt" ] || printf 'attempt     j  %s\n' "$attempt"
  printf 'assignment  A  %s\n' "$A"
  [ "$(hash_of_file "$SCRATCH/assignment.tsv")" = "$A" ] \
    || refuse assignment.tsv "these files give assignment $(hash_of_file "$SCRATCH/assignment.tsv")"
  [ -z "${2:-}" ] || compare_with_public "$2" "$attempt"
  printf 'VERIFIED  %s units, every byte of assignment.tsv\n' "${#units[@]}"
}

# ---------------------------------------------------------------- the public package

# The folder that holds digests.txt: the one named, or its data/.
public_folder() {
  if [ -f "$1/digests.txt" ]; then printf '%s' "$1"; else printf '%s' "$1/data"; fi
}

read_digests() {  # FOLDER
  local line
  is_file "$1/digests.txt"
  declare -gA said=()
  while IFS= read -r line; do
    case $line in *': '*) said[${line%%: *}]=${line#*: } ;; esac
  done < "$1/digests.txt"
  local key
  key=$(key_of "${said[protocol_sha256]:-}" "${said[frame_sha256]:-}" "${said[quota_sha256]:-}" "${said[seed]:-}")
  [ "$key" = "${said[draw_key]:-}" ] || refuse digests.txt "these digests and this seed give draw key $key"
  TICKET_KEY=$key
  if [ -n "${said[attempt]:-}" ]; then
    TICKET_KEY=$(attempt_key "$key" "${said[covariates_sha256]:-}" "${said[bounds_sha256]:-}" "${said[attempt]}")
    [ "$TICKET_KEY" = "${said[attempt_key]:-}" ] || refuse digests.txt "attempt ${said[attempt]} has key $TICKET_KEY"
  fi
}

compare_with_public() {  # PUBLIC ATTEMPT
  local folder pair
  folder=$(public_folder "$1")
  read_digests "$folder"
  for pair in "protocol_sha256=$P" "frame_sha256=$F" "quota_sha256=$Q" "exclusions_sha256=$X" \
    "seed=$SEED" "draw_key=$K" "attempt=$2" "assignment_sha256=$A"; do
    [ "${said[${pair%%=*}]:-}" = "${pair#*=}" ] \
      || refuse digests.txt "${pair%%=*} is not the one published"
  done
  is_file "$folder/cutoffs.tsv"
  write_cutoffs > "$SCRATCH/cutoffs.tsv"
  [ "$(hash_of_file "$SCRATCH/cutoffs.tsv")" = "$(hash_of_file "$folder/cutoffs.tsv")" ] \
    || refuse cutoffs.tsv "not those of this draw"
  printf 'The public package speaks of this draw: digests and cut-offs agree.\n'
}

# cutoffs.tsv: the last ticket of each arm in each block, blocks under opaque names.
write_cutoffs() {
  local -A last=()
  local unit stratum rank arm ticket width=2 code=0 letter line
  while IFS=$TAB read -r unit stratum rank arm ticket; do
    last[$stratum.$arm]=$ticket
  done < "$SCRATCH/assignment.tsv"
  [ "${#places[@]}" -lt 100 ] || width=$(printf %s "${#places[@]}" | wc -c)
  line=block
  for letter in "${LETTERS[@]}"; do line+=$TAB$letter; done
  printf '%s\n' "$line"
  while IFS= read -r stratum; do
    code=$((code + 1))
    line=$(printf 'b%0*d' "$width" "$code")
    for letter in "${LETTERS[@]}"; do
      if [ "$RULE" = odds.tsv ]; then
        last[$stratum.$letter]=$(odds_cutoff "$stratum" "$letter")
      fi
      line+=$TAB${last[$stratum.$letter]:--}
    done
    printf '%s\n' "$line"
  done < <(printf '%s\n' "${!places[@]}" | sort)
}

odds_cutoff() {  # STRATUM LETTER
  local a b
  IFS=$TAB read -r a b <<< "${places[$1]}"
  case $2 in
    T) last_offered "$a" "$b" ;;
    C) if [ "$a" -ge "$b" ]; then printf -- '-'; else printf 'f%.0s' {1..64}; fi ;;
  esac
}

verify_public() {  # PUBLIC
  local folder file
  folder=$(public_folder "$1")
  if [ -f "$1/manifest-sha256.txt" ]; then
    for file in tagmanifest-sha256.txt manifest-sha256.txt; do
      (cd "$1" && sha256sum --check --strict --quiet "$file") \
        || refuse "$file" "a file is not the one that is listed"
    done
    while IFS= read -r -d '' file; do
      [[ $'\n'$(cut -d ' ' -f 3- "$1/manifest-sha256.txt")$'\n' == *$'\n'"data/$file"$'\n'* ]] \
        || refuse "data/$file" "the manifest does not list it"
    done < <(cd "$folder" && printf '%s\0' *)
  fi
  read_digests "$folder"
  is_file "$folder/protocol.toml"
  is_file "$folder/seed.txt"
  [ "$(hash_of_file "$folder/protocol.toml")" = "${said[protocol_sha256]}" ] \
    || refuse protocol.toml "not the protocol of this draw"
  read_seed "$folder/seed.txt"
  [ "$SEED" = "${said[seed]}" ] || refuse seed.txt "not the seed of this draw"
  printf 'draw key    K  %s\nassignment  A  %s\n' "${said[draw_key]}" "${said[assignment_sha256]}"
  printf 'VERIFIED  the public package agrees with itself; the assignment itself is restricted\n'
}

tell_person() {  # PSEUDONYM BLOCK PUBLIC
  local folder ticket row found='' letter cell
  local -a letters cells
  folder=$(public_folder "$3")
  [[ $1 =~ $ALPHABET ]] || { printf 'a pseudonym has 1 to 64 of 0-9 A-Z a-z _ -\n' >&2; exit 64; }
  read_digests "$folder"
  is_file "$folder/cutoffs.tsv"
  ticket=$(hash_of_text 'RL1 ticket\n%s\n%s\n' "$TICKET_KEY" "$1")
  printf 'ticket       %s\n' "$ticket"
  while IFS= read -r row; do
    if [ -z "${letters+set}" ]; then
      IFS=$TAB read -r -a letters <<< "$row"
    elif [ "${row%%"$TAB"*}" = "$2" ]; then
      IFS=$TAB read -r -a cells <<< "$row"
    fi
  done < "$folder/cutoffs.tsv"
  [ -n "${cells+set}" ] || { printf 'the published cut-offs have no block %s\n' "$2" >&2; exit 64; }
  for cell in "${!letters[@]}"; do
    letter=${letters[cell]}
    if [ "$cell" -eq 0 ] || [ "${cells[cell]}" = - ]; then continue; fi
    printf 'cut-off %-4s %s\n' "$letter" "${cells[cell]}"
    if [ -z "$found" ] && [[ ! $ticket > ${cells[cell]} ]]; then found=$letter; fi
  done
  if [ -n "$found" ]; then
    printf 'arm          %s (%s)\n' "$found" "${said[arm_$found]:-}"
  else
    printf 'arm          R (reserve: after the last cut-off)\n'
  fi
  printf 'This holds for a pseudonym of the frame that was not excluded before the seed.\n'
}

# In memory where there is such a place: pseudonyms then touch no disk.
SCRATCH=$(mktemp -d /dev/shm/rl1.XXXXXX 2> /dev/null || mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
case "${1:-}" in
  --public) [ $# -eq 2 ] || usage; verify_public "$2" ;;
  --person) [ $# -eq 4 ] || usage; tell_person "$2" "$3" "$4" ;;
  '' | -*) usage ;;
  *) [ $# -le 2 ] || usage; verify_package "$@" ;;
esac
