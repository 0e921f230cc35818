/** The words from which the simulator speaks. Written for it; the plain sentences share turns so that they can be mixed. */

/** Sentences that a chain of words is built from. */
export const CORPUS: readonly string[] = [
  'A gate is a simple thing, and most of what makes it useful happens on either side of it.',
  'A harbour is a simple thing when the weather is calm, and a hard one when it is not.',
  'The first thing to look at is the shape of the problem, because the shape decides what can be measured.',
  'The first thing that people notice is the noise, and the second is how quickly it becomes normal.',
  'In practice the answer depends on the season, on the people who do the work, and on how much of it is written down.',
  'In practice the difference is small, and the people who do the work rarely notice it.',
  'Most of the time the slow part is not the part that looks slow.',
  'Most of the work is done before anybody asks for it, which is why it is so easy to forget.',
  'It helps to write down what is known, what is guessed, and what would change the answer.',
  'It helps to begin with a small example and to let the example grow until it breaks.',
  'It is easy to forget that a map is not the coast, and that a plan is not the journey.',
  'When the tide turns, the small boats leave first and the large ones wait for deeper water.',
  'When the work is divided well, nobody waits for long and nobody has to guess.',
  'When something goes wrong, the people who do the work usually know why before the report is written.',
  'There are two ways to cross a river, and the longer one is often the faster one.',
  'There are good reasons to keep the old bridge, and the best of them is that it still stands.',
  'There is no rule that holds everywhere, but a few of them hold surprisingly far.',
  'A careful reader will notice that the numbers agree only when they are counted in the same way.',
  'A careful builder leaves room for the water, because the water will come in any case.',
  'The old keeper of the lighthouse counted the ships twice, once when they came and once when they left.',
  'The old bridge carries more than it was built for, and it is inspected every spring.',
  'People often ask for a shorter way, and what they need is a clearer sign.',
  'People often say that the sea forgives nothing, although the harbour forgives a great deal.',
  'What matters in the end is that the parts fit together and that somebody checks them.',
  'What matters more than speed is that the order stays the same from one day to the next.',
  'If the example is too small, the answer will look better than it is.',
  'If the river is high, it is better to wait than to trust the old marks on the wall.',
  'One more point deserves attention: a signal that nobody reads is not a signal at all.',
  'One more thing helps, and it costs almost nothing: say early what is not going to happen.',
  'Over time the small habits decide more than the large plans.',
  'Over time the paths in the snow become the paths in the grass, and later they become the roads.',
  'The market opens before sunrise, and by noon most of the good fish is gone.',
  'The market in the old town sells bread, tea, café tables and, on some days, a naïve painting of the façade.',
  'Nobody plans for a quiet day, yet a quiet day is what a good plan produces.',
  'Nobody reads the whole manual, so the first page should say what the last page means.',
  'A second look costs a minute — a second journey costs a week.',
  'A second opinion is worth most when it is asked for before the work is done.',
  'Some of the best ideas arrive late, and they are worth the wait.',
  'Some of the work can be left to machines, as long as somebody looks at the results in the same way every day.',
  'Each part can be tested alone, and each of them should be, before they are tested together.',
  'Each of them has a name, a place and a purpose, and that is enough to begin with.',
  'The result is not perfect, but it is good enough to learn from.',
  'The result depends on the order in which the parts are put together.',
  'For a small team the simplest plan is often the best one, because everybody can remember it.',
  'For a long journey it helps to carry less and to look at the map more often.',
  'As a rule, the side that waits for the other one pays for both.',
  'As a rule, what is measured every day becomes better, and what is measured once a year becomes a report.',
];

/** Words that say nothing of what a text is about. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'all and any are but can did for has her him his how its may not one our out she the two was who why you ' +
    'about above after again also always another answer because been before being below between both call called cannot ' +
    'could does doing done down each every explain find first from give given gets have having help here hers into just ' +
    'know like list made make many maybe more most much must need only other ours over please question really reply ' +
    'same sentence sentences shall should show some something such tell than thank thanks that their them then there ' +
    'these they thing things this those through today under until upon using very want well were what when where which ' +
    'while whom whose will with within without word words would write your yours'
  ).split(' '),
);

/** Short values for fields that want a text and say nothing of which. */
export const PLAIN_WORDS: readonly string[] =
  'amber anchor basil bridge candle cedar copper coral delta ember fern garnet harbour indigo island juniper lantern maple meadow north opal orchid pebble quartz river saffron spruce tide valley willow'.split(
    ' ',
  );
