"""The family tree, as the components tell it themselves: year, paper, ancestors, and what they were made to mend."""
