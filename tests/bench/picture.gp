# SPDX-License-Identifier: LGPL-2.1-or-later
# gnuplot -e "folder='DIR'" tests/bench/picture.gp: DIR/bench.csv -> DIR/bench.svg
set terminal svg size 760,460 font "sans,13" background "white"
set output folder . "/bench.svg"
set datafile separator ","
set title "Bonds made from nothing: 2 slaves and an address each"
set xlabel "bonds"
set ylabel "milliseconds, best run"
set logscale xy
set grid ytics
set key left top
csv = folder . "/bench.csv"
have(who) = system("grep -c '^cold,[0-9]*," . who . ",' " . csv) + 0 > 0
whos = "limit 'ip -batch' 'netbondd --once' 'netbondd at boot' systemd-networkd NetworkManager ifupdown2"
present = ""
do for [who in whos] { if (have(who)) { present = present . " '" . who . "'" } }
# Room on both sides, also where there is but one number of bonds.
stats csv using (strcol(1) eq "cold" ? $2 : NaN) nooutput
set xrange [STATS_min / 1.3:STATS_max * 1.3]
plot for [who in present] csv using ((strcol(1) eq "cold" && strcol(3) eq who) ? $2 : NaN):4 \
	with linespoints linewidth 2 pointtype 7 pointsize 0.7 title who
