package io.millrace.trainer.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class SearchSpaceTest {
    private static final List<Part> PARTS =
            List.of(new Part("one", List.of(1, 5, 10), 7, 0), new Part("other", List.of(2, 4), 3, 100));

    private static SearchSpace space(long budget) {
        return new SearchSpace(PARTS, 6, budget);
    }

    @Test
    void parameters_areThoseOfWhatIsInUse() {
        Subnet subnet = new Subnet(List.of(List.of(10, 1, 0, 0, 0, 0), List.of(2, 4, 2, 0, 0, 0)));
        assertThat(space(0).parameters(subnet)).isEqualTo(11 * 7 + 8 * 3 + 3 * 100);
        assertThat(space(0).metrics(subnet).get("subnet_parameters")).isEqualTo(401);
        assertThat(space(0).metrics(subnet).get("subnet_one")).isEqualTo(11 / 6.);
    }

    @Test
    void drawnSubnets_fillTheLowestQuarters_inEverySize() {
        SplittableRandom random = new SplittableRandom(1);
        Set<Integer> depths = new HashSet<>();
        Set<Integer> sizes = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            List<Integer> perBlock = space(0).any(random).sizes().get(0);
            int depth = (int) perBlock.stream().filter(size -> size > 0).count();
            assertThat(perBlock.subList(0, depth)).doesNotContain(0);
            depths.add(depth);
            sizes.addAll(perBlock);
        }
        assertThat(depths).containsExactlyInAnyOrder(2, 3, 5, 6);
        assertThat(sizes).containsExactlyInAnyOrder(0, 1, 5, 10);
    }

    @Test
    void subnetsOfASearch_areWithinTheBudget() {
        SearchSpace space = space(700);
        assertThat(space.isWithinBudget(space.largest())).isFalse();
        SplittableRandom random = new SplittableRandom(1);
        Subnet one = space.random(random);
        Subnet other = space.random(random);
        for (Supplier<Subnet> draw : List.<Supplier<Subnet>>of(
                space::uniform,
                () -> space.random(random),
                () -> space.mutated(one, random),
                () -> space.crossed(one, other, random))) {
            for (int i = 0; i < 100; i++) {
                assertThat(space.parameters(draw.get())).isLessThanOrEqualTo(700);
            }
        }
    }

    @Test
    void budgetForTheSmallestAlone_givesTheSmallest() {
        long least = space(0).parameters(space(0).smallest());
        assertThat(space(least).random(new SplittableRandom(3)))
                .isEqualTo(space(least).smallest());
    }

    @Test
    void mutation_keepsMost() {
        SearchSpace space = space(Long.MAX_VALUE);
        SplittableRandom random = new SplittableRandom(1);
        Subnet parent = space.largest();
        int kept = 0;
        Set<Subnet> children = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            Subnet child = space.mutated(parent, random);
            children.add(child);
            kept += (int)
                    child.sizes().get(0).stream().filter(size -> size == 10).count();
        }
        assertThat(children).hasSizeGreaterThan(50);
        assertThat(kept).isBetween(350, 550);
    }

    @Test
    void crossover_takesEachPartFromAParent() {
        SearchSpace space = space(Long.MAX_VALUE);
        Subnet child = space.crossed(space.largest(), space.smallest(), new SplittableRandom(4));
        for (int part = 0; part < 2; part++) {
            assertThat(child.sizes().get(part))
                    .isIn(
                            space.largest().sizes().get(part),
                            space.smallest().sizes().get(part));
        }
    }
}
