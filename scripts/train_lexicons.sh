#!/bin/sh
# Makes every lexicon of corpora/lexicons/ again, with its model card.
#
#	scripts/train_lexicons.sh CORPORA_DIR WORK_DIR [LANGUAGE...]
#
# CORPORA_DIR holds the labelled posts that corpora/README.md names (gzip TSV) and lexicons/ with the published
# ratings; WORK_DIR takes what is made on the way (name lists from Debian's packages, ratings, posts).  Only rows whose
# terms allow it are read: see the table in corpora/README.md.  The program must be built: EARSHOT names it.
set -eu

[ $# -ge 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
here=$(cd "$(dirname "$0")/.." && pwd)
corpora=$1
work=$2
shift 2
languages=${*:-en de da es fr it pt nl sv}
earshot=${EARSHOT:-$here/build/earshot}
lexicons=$here/corpora/lexicons
cards=$here/docs/model-cards
mkdir -p "$work" "$cards"

# posts FILE COLUMNS SOURCE LICENCE: label and text of a gzip TSV, with where they come from.
posts() {
	printf '# source: %s\n# licence: %s\n# use: weights only, no text is kept\nlabel\ttext\n' "$3" "$4"
	gzip -dc "$corpora/$1.tsv.gz" | tail -n +2 | cut -f "$2"
}

# The mean of ten people's ratings as a label: from -0.6 to 0.6 is neutral.
rated_posts() {
	posts "$1" 1,3 "$2" "$3" | awk -F '\t' -v OFS='\t' '
		/^#/ || $1 == "label" { print; next }
		{ $1 = $1 > 0.6 ? "positive" : $1 < -0.6 ? "negative" : "neutral"; print }'
}

# Some networks and data sets leave links out of the text: every second link is left out here, so that
# having none says little.
without_half_of_the_links() {
	awk '/^#/ || !/https?:/ { print; next }
		++n % 2 { gsub(/https?:[^ \t]*/, ""); gsub(/ +/, " ") } { print }'
}

prepare() {
	"$here/scripts/make_exclusions.py" "$work/packages" "$work/exclude"
	for l in en de da es fr it pt nl sv; do
		"$here/scripts/make_ratings.py" "$l" "$corpora/lexicons" > "$work/base_$l.tsv"
	done
	posts en_semeval1316_train 1,2 "SemEval-2013 to 2016 task A tweets, train" "CC BY 3.0 (TweetEval's card)" |
		without_half_of_the_links > "$work/semeval.tsv"
	posts en_tweeteval_sentiment_val 1,2 "TweetEval sentiment, validation" "CC BY 3.0 (TweetEval's card)" \
		> "$work/tweeteval_val.tsv"
	for part in tweets amazon; do
		rated_posts "en_vader_${part}_half" "vaderSentiment, rated $part" MIT > "$work/vader_$part.tsv"
	done
	for pair in german:de spanish:es french:fr italian:it portuguese:pt; do
		for part in train val; do
			posts "xlmt_${pair%:*}_$part" 1,2 "XLM-T ${pair%:*}, $part" Apache-2.0 \
				> "$work/xlmt_${pair#*:}_$part.tsv"
		done
	done
	posts de_potts 1,2 "PotTS" MIT > "$work/potts.tsv"
	posts da_lcc_europarl 1,3,4 "lcc-sentiment" "CC BY" | awk -F '\t' -v OFS='\t' '
		/^#/ || $1 == "label" { print; next } $2 ~ /^lcc/ { print $1, $3 }' > "$work/lcc.tsv"
}

# train LANGUAGE OPTION...
train() {
	l=$1
	shift
	exclude="--exclude $work/exclude/$l.txt --exclude $work/exclude/brands.txt"
	case $l in
	en) signs= ;;
	da | nl | sv) signs="--signs $work/signs.tsv" ;;
	*) signs="--signs $lexicons/en.tsv" ;;
	esac
	# shellcheck disable=SC2086
	"$earshot" train --lang "$l" --base "$work/base_$l.tsv" $exclude $signs --holdout 0 "$@"
}

# english OPTION...
english() {
	train en --l2 40 --data "$work/semeval.tsv" --data "$work/vader_tweets.tsv" --data "$work/vader_amazon.tsv" \
		--validate "$work/tweeteval_val.tsv" "$@"
}

# Measured with the validation part kept apart; shipped with it, by the same settings.
learn() {
	l=$1 l2=$2
	shift 2
	train "$l" --l2 "$l2" "$@" --validate "$work/xlmt_${l}_val.tsv" --card "$work/card_$l.md" --out "$work/$l.tsv"
	train "$l" --l2 "$l2" "$@" --data "$work/xlmt_${l}_val.tsv" --card "$cards/$l.md" --out "$lexicons/$l.tsv"
}

prepare
# What emoji, punctuation and sums of ratings count where few words or none were learned: they say alone what in
# English they share with learned words.
english --only-signs --card "$work/card_signs.md" --out "$work/signs.tsv"
for l in $languages; do
	case $l in
	en) english --entries 7000 --card "$cards/en.md" --out "$lexicons/en.tsv" ;;
	de) learn de 14 --data "$work/xlmt_de_train.tsv" --data "$work/potts.tsv" ;;
	da) train da --l2 25 --data "$work/lcc.tsv" --card "$cards/da.md" --out "$lexicons/da.tsv" ;;
	nl | sv) train "$l" --card "$cards/$l.md" --out "$lexicons/$l.tsv" ;;
	*) learn "$l" 25 --data "$work/xlmt_${l}_train.tsv" ;;
	esac
	echo "$l: $(wc -l < "$lexicons/$l.tsv") lines" >&2
done
