/*
 * adopters.c - how many of those we call early adopters are innovators, beside calling everybody so who was early
 * once: a simulated study over several seeds (tests/people/diffusion.h has the model).
 *
 *     make build/release/tests/bench/adopters && build/release/tests/bench/adopters
 */
#include "tests/people/diffusion.h"

#define SEEDS 10

static void
study(const char *what, const struct diffusion *d)
{
	struct diffusion_result all = {0};

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct diffusion_result r = diffusion_run(d, seed);

		all.innovators += r.innovators;
		all.named += r.named;
		all.right += r.right;
		all.once_named += r.once_named;
		all.once_right += r.once_right;
	}
	printf("%-34s  %6.3f %6.3f  %6.3f %6.3f\n", what,
	    all.named == 0 ? 0 : (double)all.right / (double)all.named,
	    (double)all.right / (double)all.innovators,
	    all.once_named == 0 ? 0 : (double)all.once_right / (double)all.once_named,
	    (double)all.once_right / (double)all.innovators);
}

int
main(void)
{
	struct diffusion usual = diffusion_usual(), few = usual, faint = usual, none = usual,
			 strict = usual, easy = usual;

	few.tags = 20;
	faint.p_innovator = 0.02;
	none.p_innovator = none.p_other;
	printf("%d people, %zu of them innovators, %d seeds\n", DIFFUSION_PEOPLE, usual.innovators,
	    SEEDS);
	printf("%-34s  %13s  %13s\n", "", "early adopters", "early once");
	printf("%-34s  %6s %6s  %6s %6s\n", "", "prec.", "recall", "prec.", "recall");
	study("60 tags, half of them flops", &usual);
	strict.config.share_milli = usual.config.share_milli * 3 / 2;
	easy.config.share_milli = usual.config.share_milli * 2 / 3;
	study("  share half as high again", &strict);
	study("  share a third lower", &easy);
	study("20 tags", &few);
	study("innovators a third as eager", &faint);
	study("no innovators at all", &none);
	return 0;
}
