const INGEST = {
  en: {
    title: 'Keep the readings of your skin sensors',
    text: 'Demo Skin Care keeps what your sensors measure (skin temperature, conductance, heart rate, motion) so that you can look at it and use it. These are data about your health. They are kept under a name that nobody can lead back to you without the identity service, for two years at most. You can take this back at any time, as easily as you gave it: nothing more is stored from that moment, and what is there is erased after 30 days.',
  },
  de: {
    title: 'Messwerte deiner Hautsensoren aufbewahren',
    text: 'Demo Skin Care bewahrt auf, was deine Sensoren messen (Hauttemperatur, Leitwert, Herzfrequenz, Bewegung), damit du es ansehen und nutzen kannst. Das sind Daten über deine Gesundheit. Sie liegen unter einem Namen, den ohne den Identitätsdienst niemand auf dich zurückführen kann, höchstens zwei Jahre lang. Du kannst das jederzeit zurücknehmen, so einfach wie du zugestimmt hast: Von da an wird nichts mehr gespeichert, und was da ist, wird nach 30 Tagen gelöscht.',
  },
};

const RECOMMENDATION = {
  en: {
    title: 'Recommend products that suit your skin',
    text: 'Demo Skin Care recommends products from what you looked at and liked, and from what you tell about your skin. That is data about your health. With each product you see why it is recommended. You can take this back at any time: no list is made from that moment, what was learned from you is forgotten, and the rest is erased after 30 days.',
  },
  de: {
    title: 'Produkte empfehlen, die zu deiner Haut passen',
    text: 'Demo Skin Care empfiehlt Produkte aus dem, was du angesehen und gemocht hast, und aus dem, was du über deine Haut sagst. Das sind Daten über deine Gesundheit. Bei jedem Produkt steht, warum es empfohlen wird. Du kannst das jederzeit zurücknehmen: Von da an entsteht keine Liste mehr, was aus deinen Daten gelernt wurde, wird vergessen, und der Rest wird nach 30 Tagen gelöscht.',
  },
};

const ANALYTICS = {
  en: {
    title: 'Count how products work, without naming anybody',
    text: 'Demo Skin Care counts how many people have which skin type and which concerns, and how many products and steps their routines have. That is data about your health. You say what you are counted by, and only roughly. Numbers are rounded, and those of fewer than ten people are not told. You can take this back at any time: you are counted no more from that moment, and what you said is erased after 30 days.',
  },
  de: {
    title: 'Zählen, wie Produkte wirken, ohne jemanden zu nennen',
    text: 'Demo Skin Care zählt, wie viele Menschen welchen Hauttyp und welche Anliegen haben und wie viele Produkte und Schritte ihre Routinen. Das sind Daten über deine Gesundheit. Du sagst, wonach du gezählt wirst, und nur grob. Zahlen werden gerundet, und solche zu weniger als zehn Menschen werden nicht genannt. Du kannst das jederzeit zurücknehmen: Von da an wirst du nicht mehr mitgezählt, und was du gesagt hast, wird nach 30 Tagen gelöscht.',
  },
};

const FAULT_FINDING = {
  en: {
    title: 'Find faults of the app and your devices',
    text: 'When the app or a sensor fails, it tells Demo Skin Care what failed: the part, the error and the version, never a reading. The maker of the sensors, Sensorwerk GmbH, gets what concerns them, for purposes of its own. We have a legitimate interest in an app that works and is safe. What is told is kept for 90 days. You can object at any time, by one request and without a reason: nothing more is taken from that moment, and what is there is erased after 30 days.',
  },
  de: {
    title: 'Fehler der App und deiner Geräte finden',
    text: 'Wenn die App oder ein Sensor versagt, erfährt Demo Skin Care, was versagt hat: den Teil, den Fehler und die Version, nie einen Messwert. Was die Sensoren betrifft, bekommt ihr Hersteller, die Sensorwerk GmbH, für eigene Zwecke. Wir haben ein berechtigtes Interesse an einer App, die funktioniert und sicher ist. Aufbewahrt wird das 90 Tage lang. Du kannst jederzeit widersprechen, mit einem Schritt und ohne Begründung: Von da an wird nichts mehr aufgenommen, und was da ist, wird nach 30 Tagen gelöscht.',
  },
};

/** A third party: who opts out of sale and sharing opts out of this. */
const SENSOR_MAKER = {
  name: 'Sensorwerk GmbH',
  address: 'Beispielweg 2, 70173 Stuttgart',
  country: 'DE',
  email: 'datenschutz@sensorwerk.example',
  role: 'controller',
};

/** Whom the embedded run is of, and what people agree to there. */
export const DEMO_REGISTER = {
  controller: {
    name: 'Demo Skin Care GmbH',
    address: 'Beispielweg 1, 10115 Berlin',
    country: 'DE',
    email: 'privacy@demo-skin-care.example',
  },
  dataProtectionOfficer: { name: 'Olivia Officer', email: 'officer@demo-skin-care.example' },
  authority: {
    name: 'Berliner Beauftragte für Datenschutz und Informationsfreiheit',
    url: 'https://www.datenschutz-berlin.de',
  },
  storedIn: ['DE'],
  purposes: {
    ingest: { notices: INGEST },
    recommendation: { notices: RECOMMENDATION },
    analytics: { notices: ANALYTICS },
    'fault-finding': { recipients: [SENSOR_MAKER], notices: FAULT_FINDING },
  },
};
