// Beside the form of an entry, the text that stands in it can be tried before it is saved.
document.documentElement.classList.add("hd-has-script");
