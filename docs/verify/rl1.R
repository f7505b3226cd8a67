#!/usr/bin/env Rscript
# Holds an RL1 lottery again with base R and the package digest (Debian: r-base-core r-cran-digest),
# and says whether it is, byte for byte, the one that was published.
#
#   Rscript rl1.R PACKAGE                            the restricted package
#   Rscript rl1.R --person PSEUDONYM BLOCK PUBLIC    one household's ticket, and its arm
#
# Ends 0 when everything agrees, 76 when something does not (it is named), 66 when a file is
# missing, 64 when it is called in another way.

ALPHABET <- "^[0-9A-Za-z_-]{1,64}$"
NUMBER <- "(0|[1-9][0-9]{0,9})"
BOUND <- "(0|[1-9][0-9]{0,17})"
SIGNED <- "(0|-?[1-9][0-9]{0,17})"

leave <- function(code, ...) {
  message(...)
  quit(save = "no", status = code)
}
refuse <- function(name, why) leave(76, "NOT VERIFIED  ", name, ": ", why)

sha256 <- function(bytes) digest::digest(bytes, algo = "sha256", serialize = FALSE)
sha256_text <- function(...) sha256(charToRaw(paste0(...)))

read_bytes <- function(folder, name) {
  path <- file.path(folder, name)
  if (!file.exists(path)) leave(66, "NOT READ  ", path, ": no such file")
  readBin(path, "raw", file.size(path))
}

# A file of lines, read strictly: every line in form, sorted by byte, ended by a line feed.
read_lines <- function(bytes, name, form) {
  if (length(bytes) == 0) return(character())
  if (any(bytes == 0x00) || any(bytes > 0x7e)) refuse(name, "a byte outside the alphabet")
  if (bytes[length(bytes)] != 0x0a) refuse(name, "the last line has no line feed")
  rows <- strsplit(rawToChar(bytes[-length(bytes)]), "\n", fixed = TRUE)[[1]]
  if (sum(bytes == 0x0a) != length(rows) || !all(grepl(form, rows, perl = TRUE))) {
    refuse(name, "a line is not in RL1's form")
  }
  keys <- sub("\t.*", "", rows)
  if (anyDuplicated(keys)) refuse(name, "a line is there twice")
  if (any(order(keys, method = "radix") != seq_along(keys))) {
    refuse(name, "the lines are not sorted by byte")
  }
  rows
}

cells_of <- function(rows) {
  do.call(rbind, strsplit(rows, "\t", fixed = TRUE))
}

numbers_of <- function(rows, name) {
  counts <- lengths(strsplit(rows, "\t", fixed = TRUE))
  if (length(unique(counts)) != 1) refuse(name, "the lines have not one number of columns")
  table <- cells_of(rows)
  values <- matrix(as.numeric(table[, -1]), nrow = nrow(table))
  rownames(values) <- table[, 1]
  values
}

# One admissible spelling of the seed: two spellings of one event would be two draws.
read_seed <- function(bytes) {
  if (length(bytes) > 512 || any(bytes < 0x21) || any(bytes > 0x7e)) {
    refuse("seed.txt", "a space, a line end or a byte outside ASCII, or longer than 512 bytes")
  }
  seed <- rawToChar(bytes)
  forms <- c("^text:[0-9A-Za-z_.-]{1,64}$", "^dice:[0-9]+$",
             "^drand:[0-9a-z-]+:[1-9][0-9]*:[0-9a-f]{64}$",
             "^rfc3797:(((0|[1-9][0-9]*)\\.)+/)+$")
  kind <- which(vapply(forms, grepl, logical(1), x = seed, perl = TRUE))
  if (length(kind) != 1) refuse("seed.txt", "not in a canonical form of RL1")
  if (kind == 4) {
    for (source in strsplit(sub("^rfc3797:", "", seed), "/", fixed = TRUE)[[1]]) {
      if (is.unsorted(as.numeric(strsplit(source, ".", fixed = TRUE)[[1]]))) {
        refuse("seed.txt", "the numbers of a source are not sorted")
      }
    }
  }
  seed
}

key_of <- function(protocol, frame, quota, seed) {
  sha256_text("RL1\nprotocol=", protocol, "\nframe=", frame, "\nquota=", quota, "\nseed=", seed, "\n")
}
attempt_key <- function(key, covariates, bounds, attempt) {
  sha256_text("RL1 attempt\n", key, "\ncovariates=", covariates, "\nbounds=", bounds, "\n",
              format(attempt, scientific = FALSE), "\n")
}
ticket_of <- function(key, unit) sha256_text("RL1 ticket\n", key, "\n", unit, "\n")

# The last ticket that is T at odds a/b: the largest t with t * b < a * 2^256, 16 bits at a time.
last_offered <- function(a, b) {
  if (a == 0) return("")
  if (a >= b) return(strrep("f", 64))
  remainder <- a - 1
  digits <- character(16)
  for (i in 1:16) {
    remainder <- remainder * 65536 + 65535
    digits[i] <- sprintf("%04x", as.integer(remainder %/% b))
    remainder <- remainder %% b
  }
  paste(digits, collapse = "")
}

# Byte order of texts of one length: what the locale says of them does not matter.
not_after <- function(tickets, last) {
  ranked <- order(c(last, tickets), method = "radix")
  ranks <- match(seq_along(ranked), ranked)
  tickets == last | ranks[-1] < ranks[1]
}

read_package <- function(folder) {
  rule <- if (file.exists(file.path(folder, "odds.tsv"))) "odds.tsv" else "quota.tsv"
  names <- c("protocol.txt", "frame.tsv", rule, "excl.txt", "seed.txt", "assignment.tsv")
  bytes <- lapply(setNames(names, names), read_bytes, folder = folder)
  frame <- read_lines(bytes$frame.tsv, "frame.tsv", "^[0-9A-Za-z_-]{1,64}\t[0-9A-Za-z_-]{1,64}$")
  quota <- read_lines(bytes[[rule]], rule, paste0("^[0-9A-Za-z_-]{1,64}(\t", NUMBER, "){2,}$"))
  excluded <- read_lines(bytes$excl.txt, "excl.txt", ALPHABET)
  if (length(frame) == 0) refuse("frame.tsv", "the file is empty")
  if (length(quota) == 0) refuse(rule, "the file is empty")
  frame <- cells_of(frame)
  package <- list(bytes = bytes, rule = rule, units = frame[, 1], strata = frame[, 2],
                  places = numbers_of(quota, rule), is_excluded = frame[, 1] %in% excluded,
                  seed = read_seed(bytes$seed.txt))
  if (!all(excluded %in% package$units)) refuse("excl.txt", "an excluded unit is not in the frame")
  if (!all(package$strata %in% rownames(package$places))) {
    refuse("frame.tsv", paste("a block has no line in", rule))
  }
  live <- table(factor(package$strata[!package$is_excluded], rownames(package$places)))
  if (rule == "quota.tsv" && any(rowSums(package$places) > live)) {
    refuse("quota.tsv", "more places than units in a block")
  }
  if (rule == "odds.tsv" && ncol(package$places) != 2) refuse("odds.tsv", "odds are two numbers")
  if (file.exists(file.path(folder, "covariates.tsv"))) {
    package$covariates_bytes <- read_bytes(folder, "covariates.tsv")
    package$bounds_bytes <- read_bytes(folder, "bounds.tsv")
    rows <- read_lines(package$covariates_bytes, "covariates.tsv",
                       paste0("^[0-9A-Za-z_-]{1,64}(\t", SIGNED, ")+$"))
    package$covariates <- numbers_of(rows, "covariates.tsv")
    bounds <- read_lines(package$bounds_bytes, "bounds.tsv",
                         paste0("^", BOUND, "(\t", BOUND, ")*$"))
    if (length(bounds) != 1) refuse("bounds.tsv", "not one line")
    package$bounds <- as.numeric(strsplit(bounds, "\t", fixed = TRUE)[[1]])
    if (!identical(rownames(package$covariates), package$units)) {
      refuse("covariates.tsv", "the units are not those of the frame")
    }
    if (ncol(package$covariates) != length(package$bounds)) {
      refuse("bounds.tsv", "not one bound a covariate")
    }
    if (max(abs(package$covariates)) * length(package$units)^2 >= 2^53) {
      leave(66, "NOT READ  covariates.tsv: numbers too large for R; use another verifier")
    }
    if (rule != "quota.tsv" || ncol(package$places) != 2) {
      refuse(rule, "a re-randomised draw has two arms and quotas")
    }
  }
  package
}

# Ranks and arms of every unit under a key, in the order of assignment.tsv.
allocate <- function(package, key) {
  tickets <- vapply(package$units, ticket_of, "", key = key, USE.NAMES = FALSE)
  by <- order(package$strata, package$is_excluded, tickets, package$units, method = "radix")
  strata <- package$strata[by]
  rank <- ave(seq_along(by), strata, FUN = seq_along)
  places <- package$places
  letters <- if (ncol(places) == 2) c("T", "C") else as.character(seq_len(ncol(places)))
  arm <- rep("R", length(by))
  if (package$rule == "odds.tsv") {
    for (stratum in rownames(places)) {
      own <- strata == stratum
      last <- last_offered(places[stratum, 1], places[stratum, 2])
      arm[own] <- "C"
      if (nzchar(last)) arm[own][not_after(tickets[by][own], last)] <- "T"
    }
  } else {
    for (code in rev(seq_along(letters))) {
      last <- rowSums(places[, seq_len(code), drop = FALSE])[strata]
      arm[rank <= last] <- letters[code]
    }
  }
  excluded <- package$is_excluded[by]
  arm[excluded] <- "X"
  shown <- ifelse(excluded, "-", format(rank, trim = TRUE, scientific = FALSE))
  rows <- paste(package$units[by], strata, shown, arm, tickets[by], sep = "\t")
  list(rows = charToRaw(paste0(rows, "\n", collapse = "")), by = by, arm = arm)
}

# |n_C * sum over T - n_T * sum over C|, over all strata, within the bound of every covariate.
is_balanced <- function(package, held) {
  n <- colSums(package$places)
  side <- ifelse(held$arm == "T", n[2], ifelse(held$arm == "C", -n[1], 0))
  all(abs(colSums(side * package$covariates[held$by, , drop = FALSE])) <= package$bounds)
}

check_sums <- function(folder) {
  path <- file.path(folder, "sha256sums.txt")
  if (!file.exists(path)) return(invisible())
  for (line in readLines(path)) {
    name <- substring(line, 67)
    if (sha256(read_bytes(folder, name)) != substring(line, 1, 64)) {
      refuse(name, "not the file that sha256sums.txt lists")
    }
  }
}

verify_package <- function(folder) {
  check_sums(folder)
  package <- read_package(folder)
  digests <- vapply(package$bytes, sha256, "")
  key <- key_of(digests["protocol.txt"], digests["frame.tsv"], digests[package$rule], package$seed)
  attempt <- NULL
  if (is.null(package$bounds)) {
    held <- allocate(package, key)
  } else {
    covariates <- sha256(package$covariates_bytes)
    bounds <- sha256(package$bounds_bytes)
    attempt <- -1
    repeat {
      attempt <- attempt + 1
      if (attempt > 100000) refuse("bounds.tsv", "no attempt is within the bounds")
      held <- allocate(package, attempt_key(key, covariates, bounds, attempt))
      if (is_balanced(package, held)) break
    }
  }
  cat("protocol    P  ", digests["protocol.txt"], "\nframe       F  ", digests["frame.tsv"],
      "\nquotas      Q  ", digests[package$rule], "\nexclusions  X  ", digests["excl.txt"],
      "\ndraw key    K  ", key, "\n", sep = "")
  if (!is.null(attempt)) cat("attempt     j  ", attempt, "\n", sep = "")
  cat("assignment  A  ", digests["assignment.tsv"], "\n", sep = "")
  if (!identical(held$rows, package$bytes$assignment.tsv)) {
    refuse("assignment.tsv", paste("these files give assignment", sha256(held$rows)))
  }
  cat("VERIFIED  ", length(package$units), " units, every byte of assignment.tsv\n", sep = "")
}

tell_person <- function(unit, block, public) {
  if (!grepl(ALPHABET, unit, perl = TRUE)) leave(64, "a pseudonym has 1 to 64 of 0-9 A-Z a-z _ -")
  if (!file.exists(file.path(public, "digests.txt"))) public <- file.path(public, "data")
  rows <- strsplit(rawToChar(read_bytes(public, "digests.txt")), "\n", fixed = TRUE)[[1]]
  rows <- rows[grepl(": ", rows, fixed = TRUE)]
  said <- setNames(sub("^[^:]*: ", "", rows), sub(": .*", "", rows))
  key <- key_of(said["protocol_sha256"], said["frame_sha256"], said["quota_sha256"], said["seed"])
  if (key != said["draw_key"]) refuse("digests.txt", paste("these digests give draw key", key))
  if ("attempt" %in% names(said)) {
    key <- attempt_key(key, said["covariates_sha256"], said["bounds_sha256"],
                       as.numeric(said["attempt"]))
    if (key != said["attempt_key"]) refuse("digests.txt", paste("the attempt has key", key))
  }
  ticket <- ticket_of(key, unit)
  table <- strsplit(rawToChar(read_bytes(public, "cutoffs.tsv")), "\n", fixed = TRUE)[[1]]
  table <- cells_of(table)
  row <- which(table[-1, 1] == block) + 1
  if (length(row) != 1) leave(64, "the published cut-offs have no block ", block)
  cat("ticket       ", ticket, "\n", sep = "")
  found <- ""
  for (column in 2:ncol(table)) {
    last <- table[row, column]
    if (last == "-") next
    cat(sprintf("cut-off %-4s %s\n", table[1, column], last))
    if (found == "" && not_after(ticket, last)) found <- table[1, column]
  }
  if (found == "") {
    cat("arm          R (reserve: after the last cut-off)\n")
  } else {
    cat("arm          ", found, " (", said[paste0("arm_", found)], ")\n", sep = "")
  }
  cat("This holds for a pseudonym of the frame that was not excluded before the seed.\n")
}

asked <- commandArgs(trailingOnly = TRUE)
if (length(asked) == 1 && !startsWith(asked, "-")) {
  verify_package(asked)
} else if (length(asked) == 4 && asked[1] == "--person") {
  tell_person(asked[2], asked[3], asked[4])
} else {
  leave(64, "Rscript rl1.R PACKAGE\nRscript rl1.R --person PSEUDONYM BLOCK PUBLIC")
}
