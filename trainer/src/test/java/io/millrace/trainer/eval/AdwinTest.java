package io.millrace.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class AdwinTest {
    @Test
    void steadyNoise_isRarelyAChange() {
        Random random = new Random(1);
        Adwin adwin = new Adwin(0.002);
        int changes = 0;
        for (int i = 0; i < 10_000; i++) {
            changes += adwin.add(0.5 + 0.2 * random.nextGaussian()) == Adwin.Change.NONE ? 0 : 1;
        }
        assertThat(changes).isLessThanOrEqualTo(2);
    }

    @Test
    void jump_isSeenWithinTwentyValuesAndItsDirectionToo() {
        Random random = new Random(2);
        Adwin adwin = new Adwin(0.002);
        for (int i = 0; i < 500; i++) {
            adwin.add(0.1 + 0.05 * random.nextGaussian());
        }
        assertThat(firstChange(adwin, 3.0, random)).isEqualTo(Adwin.Change.ROSE);
        for (int i = 0; i < 200; i++) {
            adwin.add(3.0 + 0.05 * random.nextGaussian());
        }
        assertThat(firstChange(adwin, 0.1, random)).isEqualTo(Adwin.Change.FELL);
    }

    private static Adwin.Change firstChange(Adwin adwin, double level, Random random) {
        for (int i = 0; i < 20; i++) {
            Adwin.Change change = adwin.add(level + 0.05 * random.nextGaussian());
            if (change != Adwin.Change.NONE) {
                return change;
            }
        }
        return Adwin.Change.NONE;
    }

    @Test
    void memory_growsWithTheLogarithmOfTheWindow() {
        Adwin adwin = new Adwin(0.002);
        for (int i = 0; i < 100_000; i++) {
            adwin.add(1);
        }
        assertThat(adwin.buckets()).hasSizeLessThan(100);
        assertThat(adwin.buckets().stream().mapToLong(Adwin.Bucket::count).sum())
                .isEqualTo(100_000);
    }

    @Test
    void restoredFromItsBuckets_goesOnTheSame() {
        Random random = new Random(3);
        Adwin adwin = new Adwin(0.002);
        for (int i = 0; i < 300; i++) {
            adwin.add(random.nextDouble());
        }
        Adwin restored = new Adwin(0.002, adwin.buckets());
        for (int i = 0; i < 100; i++) {
            double value = 2 + random.nextDouble();
            assertThat(restored.add(value)).isEqualTo(adwin.add(value));
        }
        assertThat(restored.buckets()).isEqualTo(adwin.buckets());
    }
}
