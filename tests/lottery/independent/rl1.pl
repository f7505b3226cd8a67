#!/usr/bin/env perl
# RL1 held a second time, from its definition alone and in another language.
#
#   perl rl1.pl FOLDER              writes assignment.tsv to standard output
#   perl rl1.pl FOLDER digests      writes P, F, Q, K, j and A, one a line
#
# FOLDER holds protocol.txt, frame.tsv, quota.tsv (or odds.tsv), excl.txt, seed.txt and, for a
# re-randomised draw, covariates.tsv and bounds.tsv. Nothing here comes from the package's code.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);

my ($folder, $asked) = @ARGV;
binmode STDOUT;

sub bytes_of {
    my ($name) = @_;
    open my $file, '<:raw', "$folder/$name" or die "$name: $!\n";
    local $/;
    my $content = <$file>;
    return defined $content ? $content : '';
}

sub rows_of { return map { [ split /\t/, $_ ] } split /\n/, bytes_of($_[0]) }

my $is_simple       = -e "$folder/odds.tsv";
my $is_rerandomised = -e "$folder/bounds.tsv";
my $places_file     = $is_simple ? 'odds.tsv' : 'quota.tsv';

my %stratum_of = map { $_->[0] => $_->[1] } rows_of('frame.tsv');
my %row_of     = map { my ($name, @numbers) = @$_; $name => \@numbers } rows_of($places_file);
my %is_out     = map { $_->[0] => 1 } rows_of('excl.txt');
my ($seed)     = split /\n/, bytes_of('seed.txt');
my $arms       = $is_simple ? 2 : scalar @{ (values %row_of)[0] };
my @letters    = $arms == 2 ? qw(T C) : (1 .. $arms);

my $p = sha256_hex(bytes_of('protocol.txt'));
my $f = sha256_hex(bytes_of('frame.tsv'));
my $q = sha256_hex(bytes_of($places_file));
my $k = sha256_hex("RL1\nprotocol=$p\nframe=$f\nquota=$q\nseed=$seed\n");

# ticket * b < a * 2^256, in whole numbers: long multiplication by 16-bit limbs, lowest first.
sub is_under {
    my ($ticket, $chances, $of) = @_;
    my @limbs = reverse map { hex } unpack '(A4)16', $ticket;
    my $carry = 0;
    for my $limb (@limbs) {
        $carry += $limb * $of;
        $limb  = $carry & 0xffff;
        $carry >>= 16;
    }
    return $carry < $chances;    # what is above 2^256, against a
}

# Every line of the assignment, and the letter of each live unit, under one key.
sub held_with {
    my ($key) = @_;
    my %ticket = map { $_ => sha256_hex("RL1 ticket\n$key\n$_\n") } keys %stratum_of;
    my (@lines, %letter);
    for my $stratum (sort keys %row_of) {
        my @units = sort { $ticket{$a} cmp $ticket{$b} || $a cmp $b }
            grep { $stratum_of{$_} eq $stratum } keys %stratum_of;
        my $rank = 0;
        for my $unit (grep { !$is_out{$_} } @units) {
            $rank++;
            $letter{$unit} =
                $is_simple
                ? (is_under($ticket{$unit}, @{ $row_of{$stratum} }) ? 'T' : 'C')
                : letter_at($rank, @{ $row_of{$stratum} });
            push @lines, join "\t", $unit, $stratum, $rank, $letter{$unit}, $ticket{$unit};
        }
        push @lines, map { join "\t", $_, $stratum, '-', 'X', $ticket{$_} } grep { $is_out{$_} } @units;
    }
    return (join('', map {"$_\n"} @lines), \%letter);
}

sub letter_at {
    my ($rank, @places) = @_;
    for my $arm (0 .. $#places) {
        return $letters[$arm] if $rank <= $places[$arm];
        $rank -= $places[$arm];
    }
    return 'R';
}

my ($assignment, $letter, $attempt) = (undef, undef, 0);
if ($is_rerandomised) {
    my %numbers_of = map { my ($unit, @numbers) = @$_; $unit => \@numbers } rows_of('covariates.tsv');
    my ($bounds)   = rows_of('bounds.tsv');
    my ($x, $b)    = map { sha256_hex(bytes_of($_)) } qw(covariates.tsv bounds.tsv);
    ATTEMPT: for ($attempt = 0 ;; $attempt++) {
        my $key = sha256_hex("RL1 attempt\n$k\ncovariates=$x\nbounds=$b\n$attempt\n");
        ($assignment, $letter) = held_with($key);
        my @offered = grep { $letter->{$_} eq 'T' } keys %$letter;
        my @others  = grep { $letter->{$_} eq 'C' } keys %$letter;
        for my $column (0 .. $#$bounds) {
            my ($sum_t, $sum_c) = (0, 0);
            $sum_t += $numbers_of{$_}[$column] for @offered;
            $sum_c += $numbers_of{$_}[$column] for @others;
            my $apart = @others * $sum_t - @offered * $sum_c;
            next ATTEMPT if abs($apart) > $bounds->[$column];
        }
        last;
    }
}
else {
    ($assignment, $letter) = held_with($k);
}

if ($asked) {
    print "$_\n" for $p, $f, $q, $k, $attempt, sha256_hex($assignment);
}
else {
    print $assignment;
}
